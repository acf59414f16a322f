/** Embedding the examples of another model anew: begun here or elsewhere, watched to its end. */
import { realClock } from '../basics/clock.js';

/** How often progress is asked for, in ms. */
export const POLL_MS = 1000;

/** @typedef {import('./gallery-api.js').Reembedded} Reembedded */

export class Reembedding {
  #api;
  #show;
  #report;
  #clock;
  #timer = null;
  /** Counts what was begun: answers to what came before are passed over. */
  #watch = 0;

  /**
   * @param {object} options
   * @param {Pick<import('./gallery-api.js').GalleryApi, 'reembed' | 'reembedding'>} options.api
   * @param {(status: Reembedded | null) => void} options.show null: there is nothing to embed
   * @param {(error: Error) => void} options.report
   * @param {import('../basics/clock.js').Clock} [options.clock]
   */
  constructor({ api, show, report, clock = realClock }) {
    this.#api = api;
    this.#show = show;
    this.#report = report;
    this.#clock = clock;
  }

  /** By the server's hello. @param {number} foreignTemplates examples of another model */
  found(foreignTemplates) {
    if (foreignTemplates === 0) {
      this.#begin();
      this.#show(null);
      return;
    }
    this.#show({ running: false, done: 0, total: foreignTemplates, without_crop: 0 });
    this.#poll(this.#begin()); // it may be running: somebody else began it
  }

  async start() {
    const watch = this.#begin();
    try {
      this.#shown(watch, await this.#api.reembed());
    } catch (error) {
      this.#report(error);
      this.#poll(watch);
    }
  }

  #begin() {
    this.#clock.clearTimeout(this.#timer);
    this.#watch += 1;
    return this.#watch;
  }

  async #poll(watch) {
    try {
      this.#shown(watch, await this.#api.reembedding());
    } catch (error) {
      if (error.retryable) this.#pollLater(watch); // it goes on, whether it is watched or not
      else this.#report(error);
    }
  }

  #shown(watch, status) {
    if (watch !== this.#watch) return;
    this.#show(status);
    if (status.running) this.#pollLater(watch);
  }

  #pollLater(watch) {
    if (watch !== this.#watch) return;
    this.#timer = this.#clock.setTimeout(() => this.#poll(watch), POLL_MS);
  }
}
