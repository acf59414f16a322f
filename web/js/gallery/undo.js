/** Tells what was done, and offers to take it back, as long as the server can. */
import { UNDO_LABEL, UNDONE } from '../texts/gallery.js';

export class UndoOffers {
  #toast;
  #report;

  /**
   * @param {Pick<import('../page/toast.js').Toast, 'say' | 'offer'>} toast
   * @param {(error: Error) => void} report
   */
  constructor(toast, report) {
    this.#toast = toast;
    this.#report = report;
  }

  /**
   * @param {string} text what was done
   * @param {import('./gallery-api.js').Undo | null | undefined} undo null: it is for good
   * @param {(undoId: string) => Promise<any>} takeBack over the way that the change took
   */
  tell(text, undo, takeBack) {
    if (!undo) {
      this.#toast.say(text);
      return;
    }
    this.#toast.offer(text, {
      label: UNDO_LABEL,
      seconds: undo.seconds,
      act: () => this.#takeBack(undo.undo_id, takeBack),
    });
  }

  async #takeBack(undoId, takeBack) {
    try {
      await takeBack(undoId);
      this.#toast.say(UNDONE);
    } catch (error) {
      this.#report(error);
    }
  }
}
