/**
 * A sentence that stays long enough to be read, though it is decided anew 15 times a second.
 * The newest one wins; those in between are never shown.
 */
import { realClock } from './clock.js';

/** The least time that a sentence stays, in ms. */
export const MIN_SHOWN_MS = 600;

/** @typedef {{text: string, tone: string}} Sentence */

export class SteadyText {
  #apply;
  #clock;
  /** @type {Sentence | null} */
  #shown = null;
  /** @type {Sentence | null} */
  #next = null;
  #shownMs = -Infinity;
  #timer = null;

  /**
   * @param {(sentence: Sentence) => void} apply writes it where it is seen
   * @param {import('./clock.js').Clock} [clock]
   */
  constructor(apply, clock = realClock) {
    this.#apply = apply;
    this.#clock = clock;
  }

  /**
   * @param {Sentence} sentence
   * @param {{now?: boolean}} [options] now: do not wait, for what answers a person's own act
   */
  set(sentence, { now = false } = {}) {
    this.#next = sentence;
    const leftMs = this.#shownMs + MIN_SHOWN_MS - this.#clock.now();
    if (now || leftMs <= 0) {
      this.#show();
    } else if (this.#timer === null) {
      this.#timer = this.#clock.setTimeout(() => this.#show(), leftMs);
    }
  }

  #show() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    const { text, tone } = this.#next;
    // The same text again would be spoken again by screen readers.
    if (this.#shown?.text === text && this.#shown.tone === tone) return;
    this.#shown = this.#next;
    this.#shownMs = this.#clock.now();
    this.#apply(this.#next);
  }
}
