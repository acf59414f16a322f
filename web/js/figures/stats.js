/** Frame rate and latency of the answers. Pure: times in ms are handed in. */

/** Long enough to be calm, short enough to show a stall. */
export const WINDOW_MS = 2000;

/** Before this much has passed, a rate would be a guess. */
const MIN_SPAN_MS = 500;

/** Answers of the last two seconds. Bounded by the frame rate cap times that time. */
export class LiveStats {
  /** @type {{atMs: number, latencyMs: number}[]} */
  #answers = [];
  /** @type {number | null} */
  #sinceMs = null;

  /**
   * An answer came.
   * @param {number} nowMs
   * @param {number} capturedMs when its picture was taken, on the same clock
   */
  add(nowMs, capturedMs) {
    this.#sinceMs ??= nowMs;
    this.#answers.push({ atMs: nowMs, latencyMs: Math.max(0, nowMs - capturedMs) });
    this.#forget(nowMs);
  }

  /**
   * @param {number} nowMs
   * @returns {{framesPerSecond: number | null, latencyMs: number | null}} null: not known (yet)
   */
  read(nowMs) {
    this.#forget(nowMs);
    if (this.#answers.length === 0) {
      // After a silence the rate is measured from the next answer, not from before the silence.
      const known = this.#sinceMs !== null;
      this.#sinceMs = null;
      return { framesPerSecond: known ? 0 : null, latencyMs: null };
    }
    const spanMs = Math.min(WINDOW_MS, nowMs - this.#sinceMs);
    return {
      framesPerSecond: spanMs < MIN_SPAN_MS ? null : (this.#answers.length * 1000) / spanMs,
      latencyMs: median(this.#answers.map((answer) => answer.latencyMs)),
    };
  }

  /** Start afresh: another camera, another connection. */
  reset() {
    this.#answers = [];
    this.#sinceMs = null;
  }

  #forget(nowMs) {
    this.#answers = this.#answers.filter((answer) => answer.atMs > nowMs - WINDOW_MS);
  }
}

/**
 * @param {number[]} values
 * @returns {number | null} null of no values
 */
export function median(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
