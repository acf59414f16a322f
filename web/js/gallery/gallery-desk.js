/** Restoring and clearing the whole gallery, between panel and server. Holds no state. */
import { errorText } from '../texts/errors.js';
import { CLEARED, RESTORED } from '../texts/gallery.js';

export class GalleryDesk {
  #api;
  #panel;
  #undo;
  #say;
  #report;

  /**
   * @param {object} options
   * @param {import('./gallery-api.js').GalleryApi} options.api
   * @param {Pick<import('./gallery-file.js').GalleryFile, 'dispatch'>} options.panel
   * @param {Pick<import('./undo.js').UndoOffers, 'tell'>} options.undo
   * @param {(text: string) => void} options.say
   * @param {(error: Error) => void} options.report
   */
  constructor({ api, panel, undo, say, report }) {
    this.#api = api;
    this.#panel = panel;
    this.#undo = undo;
    this.#say = say;
    this.#report = report;
  }

  /** What would restoring this file do? Changes nothing. @param {File} file */
  async check(file) {
    this.#panel.dispatch({ type: 'choose', fileName: file.name });
    try {
      // One after the other: a second large upload at the same time would only slow down the first.
      const merge = await this.#api.restore(file, 'merge', { preview: true });
      const replace = await this.#api.restore(file, 'replace', { preview: true });
      this.#panel.dispatch({ type: 'checked', plans: { merge, replace } });
    } catch (error) {
      this.#panel.dispatch({ type: 'failed', problem: errorText(error) });
    }
  }

  /** @param {File} file @param {import('./gallery-api.js').ImportMode} mode */
  async restore(file, mode) {
    this.#panel.dispatch({ type: 'restore' });
    try {
      await this.#api.restore(file, mode, { preview: false });
      this.#panel.dispatch({ type: 'end' });
      this.#say(RESTORED);
    } catch (error) {
      this.#panel.dispatch({ type: 'failed', problem: errorText(error) });
    }
  }

  /** Delete everybody. */
  async clear() {
    try {
      const { undo } = await this.#api.clear();
      this.#undo.tell(CLEARED, undo, (undoId) => this.#api.undo(undoId));
    } catch (error) {
      this.#report(error);
    }
  }
}
