/**
 * Whether what is live deserves the name. Pure: times in ms are handed in.
 *
 * Between the limits nothing changes, and each change takes its time: a chip that flickers tells
 * nothing. What the server asks for is no excuse: who looks at two frames a second sees a slow page.
 */

/** Boxes that are so late lie beside a head that moves. */
const SLOW_LATENCY_MS = 600;
const GOOD_LATENCY_MS = 400;

/** Fewer answers a second than this look like single pictures. A camera of 5 fps is good. */
const SLOW_FRAMES_PER_SECOND = 3;
const GOOD_FRAMES_PER_SECOND = 4;

/** It has to be bad for so long, and good again for so long. */
export const SLOW_AFTER_MS = 2000;
export const GOOD_AFTER_MS = 3000;

/** @typedef {{framesPerSecond: number | null, latencyMs: number | null}} Figures null: not known */

export class Quality {
  #slow = false;
  /** Since when the figures speak against what is shown. @type {number | null} */
  #otherwiseSinceMs = null;

  /**
   * @param {Figures} figures
   * @param {number} nowMs
   * @returns {'good' | 'slow'}
   */
  judge(figures, nowMs) {
    const otherwise = this.#slow ? areGood(figures) : areBad(figures);
    this.#otherwiseSinceMs = otherwise ? (this.#otherwiseSinceMs ?? nowMs) : null;
    const neededMs = this.#slow ? GOOD_AFTER_MS : SLOW_AFTER_MS;
    if (otherwise && nowMs - this.#otherwiseSinceMs >= neededMs) {
      this.#slow = !this.#slow;
      this.#otherwiseSinceMs = null;
    }
    return this.#slow ? 'slow' : 'good';
  }

  /** Start afresh: another camera, another connection. */
  reset() {
    this.#slow = false;
    this.#otherwiseSinceMs = null;
  }
}

function areBad({ framesPerSecond, latencyMs }) {
  return (
    (framesPerSecond !== null && framesPerSecond < SLOW_FRAMES_PER_SECOND) ||
    (latencyMs !== null && latencyMs > SLOW_LATENCY_MS)
  );
}

/** What is not known speaks for nothing. */
function areGood({ framesPerSecond, latencyMs }) {
  return (
    framesPerSecond !== null &&
    framesPerSecond >= GOOD_FRAMES_PER_SECOND &&
    latencyMs !== null &&
    latencyMs <= GOOD_LATENCY_MS
  );
}
