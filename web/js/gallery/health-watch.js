/**
 * Keeps what is worth a look up to date, while somebody can see it. To find out costs the server
 * something: changes that come close together are looked at once, and none while nobody looks.
 */
import { realClock } from '../basics/clock.js';

/** So long after a change there may be another: ten photos of somebody are one act. */
export const QUIET_MS = 600;

export class HealthWatch {
  #fetch;
  #show;
  #isSeen;
  #report;
  #clock;
  #stale = true;
  #asked = 0;
  #timer = null;

  /**
   * @param {object} options
   * @param {() => Promise<import('./health.js').Health>} options.fetch
   * @param {(health: import('./health.js').Health) => void} options.show
   * @param {() => boolean} options.isSeen
   * @param {(error: Error) => void} options.report
   * @param {import('../basics/clock.js').Clock} [options.clock]
   */
  constructor({ fetch, show, isSeen, report, clock = realClock }) {
    this.#fetch = fetch;
    this.#show = show;
    this.#isSeen = isSeen;
    this.#report = report;
    this.#clock = clock;
  }

  /** The gallery has changed. */
  changed() {
    this.#stale = true;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.look(), QUIET_MS);
  }

  /** It may be seen now. */
  async look() {
    if (!this.#stale || !this.#isSeen()) return;
    this.#clock.clearTimeout(this.#timer);
    this.#stale = false;
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const health = await this.#fetch();
      if (asked === this.#asked) this.#show(health); // else a newer answer is on its way
    } catch (error) {
      if (asked === this.#asked) this.#stale = true;
      this.#report(error);
    }
  }
}
