/** Asks the server about the face that was tapped, and tells it whom it is not. Holds no state. */
import { rejectedText } from '../texts/faces.js';

export class FaceDesk {
  #connection;
  #panel;
  #undo;
  #report;

  /**
   * @param {object} options
   * @param {Pick<import('../connection/connection.js').Connection, 'request'>} options.connection
   * @param {Pick<import('./face-panel.js').FacePanel, 'state' | 'dispatch'>} options.panel
   * @param {Pick<import('../gallery/undo.js').UndoOffers, 'tell'>} options.undo
   * @param {(error: Error) => void} options.report
   */
  constructor({ connection, panel, undo, report }) {
    this.#connection = connection;
    this.#panel = panel;
    this.#undo = undo;
    this.#report = report;
  }

  /** Why has it this name, or none? @param {number} track */
  async ask(track) {
    this.#panel.dispatch({ type: 'ask', track });
    try {
      const explained = await this.#connection.request('face_why', { track });
      this.#panel.dispatch({ type: 'told', explained });
    } catch (error) {
      this.#failed(track, error);
    }
  }

  /**
   * The face in the panel is not this person.
   * @param {{identityId: string, displayName: string}} who
   */
  async reject({ identityId, displayName }) {
    const { track } = this.#panel.state;
    this.#panel.dispatch({ type: 'reject' });
    try {
      const { undo } = await this.#connection.request('face_reject', {
        track,
        identity_id: identityId,
      });
      this.#undo.tell(rejectedText(displayName), undo, async (undoId) => {
        await this.#connection.request('gallery_undo', { undo_id: undoId });
        this.#refresh(track);
      });
      this.#refresh(track);
    } catch (error) {
      this.#failed(track, error);
    } finally {
      this.#panel.dispatch({ type: 'reject_ended' });
    }
  }

  /** The face is not in view any more, or the connection is lost: there is nothing to say of it. */
  close() {
    this.#panel.dispatch({ type: 'close' });
  }

  #refresh(track) {
    if (this.#panel.state.track === track) this.ask(track);
  }

  #failed(track, error) {
    if (this.#panel.state.track === track) this.close();
    this.#report(error);
  }
}
