/**
 * The capture between panel and socket: what is asked of the server, and what its answers mean,
 * also those that were lost. Holds no state; that is the panel's.
 */
import { findByName } from '../gallery/gallery.js';
import { COMMIT_LOST, CONNECTION_LOST_IN_CAPTURE, commitUnknownText } from '../texts/enrolment.js';
import { errorText } from '../texts/errors.js';
import { isExtending, storedAs } from './capture-state.js';

/** Forgotten already, or with the session: what a discard wants. */
const FORGOTTEN = Object.freeze(new Set(['no_enrolment', 'connection_lost']));

export class CaptureFlow {
  #connection;
  #panel;
  #gallery;
  #saved;
  #report;

  /**
   * @param {object} options
   * @param {Pick<import('../connection/connection.js').Connection, 'request'>} options.connection
   * @param {Pick<import('./capture-panel.js').CapturePanel, 'state' | 'dispatch'>} options.panel
   * @param {() => import('../gallery/gallery.js').Gallery} options.gallery as it is known now
   * @param {(identity: import('../gallery/gallery.js').Identity) => void} options.saved is told
   *   of success
   * @param {(error: Error) => void} options.report takes what has no other place
   */
  constructor({ connection, panel, gallery, saved, report }) {
    this.#connection = connection;
    this.#panel = panel;
    this.#gallery = gallery;
    this.#saved = saved;
    this.#report = report;
  }

  /** @param {number} wanted examples */
  async begin(wanted) {
    this.#panel.dispatch({ type: 'begin', wanted });
    await this.#start();
  }

  /** Take as many examples as are missing, beside those that are kept. */
  async more() {
    this.#panel.dispatch({ type: 'more' });
    await this.#start();
  }

  async discard() {
    this.#panel.dispatch({ type: 'discarded' });
    try {
      await this.#connection.request('enrol_cancel');
    } catch (error) {
      if (!FORGOTTEN.has(error.code)) this.#report(error);
    }
  }

  /** @param {{displayName: string, keep: string[]}} what */
  async commit({ displayName, keep }) {
    const templatesBefore = findByName(this.#gallery(), displayName)?.templates ?? 0;
    const sent = { displayName, templatesBefore, kept: keep.length };
    this.#panel.dispatch({ type: 'commit', sent });
    try {
      const fields = { display_name: displayName, keep };
      this.#committed((await this.#connection.request('enrol_commit', fields)).identity);
    } catch (error) {
      this.#notCommitted(error);
    }
  }

  /** There is a connection again. @param {boolean} resumed whether its session is the old one */
  connected(resumed) {
    if (this.#settled()) return;
    const { phase, sent } = this.#panel.state;
    if (!resumed) {
      this.#fail(phase === 'unsure' ? COMMIT_LOST : CONNECTION_LOST_IN_CAPTURE);
    } else if (phase === 'unsure') {
      this.#panel.dispatch({ type: 'unknown', problem: commitUnknownText(sent.displayName) });
    } else if (phase === 'starting') {
      this.#start(); // nobody knows whether the old one arrived
    }
  }

  /** There is none, and there will be none. */
  disconnected() {
    this.#fail(CONNECTION_LOST_IN_CAPTURE);
  }

  /** A commit whose answer was lost may show itself in the gallery only now. */
  galleryChanged() {
    if (this.#panel.state.phase !== 'committing') this.#settled();
  }

  async #start() {
    const { state } = this.#panel;
    const extending = isExtending(state);
    const keep = state.examples.map((example) => example.exampleId);
    try {
      if (extending) {
        await this.#connection.request('enrol_more', { keep });
        this.#panel.dispatch({ type: 'goes_on' });
      } else {
        await this.#connection.request('enrol_begin', { wanted: null }); // the server's setting
      }
    } catch (error) {
      // Nobody knows whether it was begun. A session that comes back is asked again.
      if (error.code === 'connection_lost') return;
      if (extending && error.code !== 'no_enrolment') {
        this.#panel.dispatch({ type: 'refused', problem: errorText(error) });
      } else {
        this.#fail(errorText(error));
      }
    }
  }

  #notCommitted(error) {
    switch (error.code) {
      case 'connection_lost':
        this.#panel.dispatch({ type: 'unanswered' }); // the next hello tells more
        break;
      case 'no_answer':
        this.#panel.dispatch({ type: 'unanswered' });
        this.connected(true);
        break;
      case 'no_enrolment':
        // It was stored by an earlier commit, whose answer was lost; or it is gone.
        if (!this.#settled()) this.#fail(errorText(error));
        break;
      default:
        this.#panel.dispatch({ type: 'refused', problem: errorText(error) });
    }
  }

  /** Whether the examples of a commit without an answer are in the gallery; then all is well. */
  #settled() {
    const identity = storedAs(this.#panel.state, this.#gallery());
    if (identity) this.#committed(identity);
    return identity !== null;
  }

  #committed(identity) {
    this.#panel.dispatch({ type: 'committed', identity });
    this.#saved(identity);
  }

  #fail(problem) {
    this.#panel.dispatch({ type: 'failed', problem });
  }
}
