/** Asks for join links and counts their time down. Owns the timer; knows no page. */
import { realClock } from '../basics/clock.js';
import { LINK_COPIED, LINK_NOT_COPIED } from '../texts/access.js';
import { errorText } from '../texts/errors.js';

/** For so long a link is good; enough to unlock a phone and find its camera. */
export const JOIN_MINUTES = 10;

const TICK_MS = 1000;

/** @typedef {import('./join-state.js').JoinRole} JoinRole */

export class JoinDesk {
  #ask;
  #panel;
  #copy;
  #say;
  #warn;
  #clock;
  #timer = null;
  /** Counts what was asked: an answer to what came before is passed over. */
  #asked = 0;

  /**
   * @param {object} options
   * @param {(wish: {role: JoinRole, minutes: number}) =>
   *   Promise<import('./join-state.js').JoinLink>} options.ask
   * @param {Pick<import('./join-panel.js').JoinPanel, 'state' | 'dispatch'>} options.panel
   * @param {(text: string) => Promise<void>} options.copy puts it into the clipboard
   * @param {(text: string) => void} options.say
   * @param {(text: string) => void} options.warn
   * @param {import('../basics/clock.js').Clock} [options.clock]
   */
  constructor({ ask, panel, copy, say, warn, clock = realClock }) {
    this.#ask = ask;
    this.#panel = panel;
    this.#copy = copy;
    this.#say = say;
    this.#warn = warn;
    this.#clock = clock;
  }

  /** A new link. @param {JoinRole} [role] as before, if nothing is said */
  async open(role = this.#panel.state.role) {
    const asked = this.#begin();
    // By our own clock, which may be wrong: it began to count before the server's did.
    const untilMs = this.#clock.now() + JOIN_MINUTES * 60_000;
    this.#panel.dispatch({ type: 'ask', role });
    try {
      const link = await this.#ask({ role, minutes: JOIN_MINUTES });
      if (asked !== this.#asked) return;
      const forEver = link.role === 'admin';
      const nowMs = this.#clock.now();
      this.#panel.dispatch({ type: 'told', link, untilMs: forEver ? null : untilMs, nowMs });
      if (!forEver) this.#tickLater();
    } catch (error) {
      if (asked === this.#asked) {
        this.#panel.dispatch({ type: 'failed', problem: errorText(error) });
      }
    }
  }

  /** Nobody looks at it any more. */
  close() {
    this.#begin();
    this.#panel.dispatch({ type: 'close' });
  }

  /** Put the link into the clipboard, for a message to the phone. */
  async copy() {
    const { link } = this.#panel.state;
    if (link === null) return;
    try {
      await this.#copy(link.url);
      this.#say(LINK_COPIED);
    } catch {
      this.#warn(LINK_NOT_COPIED); // not allowed, or no https
    }
  }

  #begin() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#asked += 1;
    return this.#asked;
  }

  #tickLater() {
    this.#timer = this.#clock.setTimeout(() => {
      this.#panel.dispatch({ type: 'tick', nowMs: this.#clock.now() });
      if (this.#panel.state.phase === 'ready') this.#tickLater();
    }, TICK_MS);
  }
}
