/**
 * Tries again and again whether this device gets through, while somebody looks at the page.
 *
 * Bound: one try under way, `TRIES` in all; then it rests until somebody asks it to go on. A phone
 * whose owner is in its settings hides the page, and nothing is tried until they are back.
 */
import { realClock } from '../js/basics/clock.js';

export const EVERY_MS = 2000;

/** Five minutes of watching: the steps take two. */
export const TRIES = 150;

/**
 * @typedef {object} Reach
 * @property {boolean | null} page whether https gets through; null: not tried yet
 * @property {boolean | null} live whether wss does
 * @property {boolean} waited whether there was a time when https did not
 * @property {boolean} resting whether it waits to be asked
 */

export class Checker {
  #page;
  #live;
  #show;
  #isSeen;
  #clock;
  /** @type {Reach} */
  #reach = { page: null, live: null, waited: false, resting: false };
  #triesLeft = 0;
  #trying = false;
  #timer = null;

  /**
   * @param {object} options
   * @param {() => Promise<boolean>} options.page one try of https
   * @param {() => Promise<boolean>} options.live one try of wss
   * @param {(reach: Reach) => void} options.show
   * @param {() => boolean} options.isSeen
   * @param {import('../js/basics/clock.js').Clock} [options.clock]
   */
  constructor({ page, live, show, isSeen, clock = realClock }) {
    this.#page = page;
    this.#live = live;
    this.#show = show;
    this.#isSeen = isSeen;
    this.#clock = clock;
  }

  /** Begin, or go on. */
  start() {
    this.#triesLeft = TRIES;
    this.#tell({ resting: false });
    return this.look();
  }

  /** The page may be seen now. */
  async look() {
    if (this.#trying || this.#triesLeft === 0 || this.#done || !this.#isSeen()) return;
    this.#clock.clearTimeout(this.#timer);
    this.#triesLeft -= 1;
    this.#trying = true;
    const page = await this.#page();
    // Without the one the other cannot be; and each costs the server a handshake.
    const live = page && (await this.#live());
    this.#trying = false;
    this.#tell({ page, live, waited: this.#reach.waited || !page });
    if (this.#done) return;
    if (this.#triesLeft === 0) this.#tell({ resting: true });
    else this.#timer = this.#clock.setTimeout(() => this.look(), EVERY_MS);
  }

  get #done() {
    return this.#reach.page === true && this.#reach.live === true;
  }

  #tell(news) {
    this.#reach = { ...this.#reach, ...news };
    this.#show(this.#reach);
  }
}
