/** Where the time of a frame goes, and what became of frames. Pure: times in ms are handed in. */
import { WINDOW_MS, median } from './stats.js';

/** What a frame passes through, in this order. All but the last are measured by the server. */
export const STAGES = Object.freeze([
  'upload',
  'queued',
  'decode',
  'wait',
  'detect',
  'embed',
  'search',
  'answer',
  'back',
]);

/** Frames without a result are rare where all is well: they are counted over a longer time. */
export const DROPPED_WINDOW_MS = 10_000;

/**
 * @typedef {object} StageFigures null: not known
 * @property {{stage: string, ms: number | null}[]} stages the medians, in the order of STAGES
 * @property {number | null} batch frames that were computed together, the median
 * @property {number | null} fullScans share of the frames that were searched for faces as a whole
 * @property {number | null} computedEmbeddings share of the faces whose embedding is not an older one
 * @property {number} superseded frames of the last ten seconds in whose place came a newer one
 * @property {number} expired frames of the last ten seconds that were too old when their turn came
 */

/**
 * What is known of one answered frame.
 * @typedef {object} Passage
 * @property {number} atMs when the answer came
 * @property {Record<string, number>} stagesMs
 * @property {number} batch
 * @property {boolean} full
 * @property {number} faces
 * @property {number} computed
 */

/** Results of two seconds and drops of ten. Bounded by the frame rate cap times that time. */
export class StageStats {
  /** @type {Passage[]} */
  #passages = [];
  /** @type {{atMs: number, reason: string}[]} */
  #drops = [];

  /**
   * @param {number} nowMs on the clock that `captured_ms` is of
   * @param {import('../connection/protocol.js').Message} result
   */
  addResult(nowMs, { captured_ms: capturedMs, timings_ms: timings, scan, faces }) {
    // The server estimates the upload: it may believe in more than all the time that there was.
    const back = Math.max(0, nowMs - capturedMs - timings.total);
    this.#passages.push({
      atMs: nowMs,
      stagesMs: { ...timings, back },
      batch: timings.batch,
      full: scan === 'full',
      faces: faces.length,
      computed: faces.filter((face) => face.embedding === 'computed').length,
    });
    this.#forget(nowMs);
  }

  /**
   * @param {number} nowMs
   * @param {string} reason of a `dropped`
   */
  addDropped(nowMs, reason) {
    this.#drops.push({ atMs: nowMs, reason });
    this.#forget(nowMs);
  }

  /** @param {number} nowMs @returns {StageFigures} */
  read(nowMs) {
    this.#forget(nowMs);
    const passages = this.#passages;
    const medianOf = (pick) => median(passages.map(pick).filter(Number.isFinite));
    const count = (reason) => this.#drops.filter((drop) => drop.reason === reason).length;
    return {
      stages: STAGES.map((stage) => ({ stage, ms: medianOf(({ stagesMs }) => stagesMs[stage]) })),
      batch: medianOf(({ batch }) => batch),
      fullScans: share(sum(passages, ({ full }) => Number(full)), passages.length),
      computedEmbeddings: share(
        sum(passages, ({ computed }) => computed),
        sum(passages, ({ faces }) => faces),
      ),
      superseded: count('superseded'),
      expired: count('expired'),
    };
  }

  /** Start afresh: another camera, another connection. */
  reset() {
    this.#passages = [];
    this.#drops = [];
  }

  #forget(nowMs) {
    this.#passages = this.#passages.filter(({ atMs }) => atMs > nowMs - WINDOW_MS);
    this.#drops = this.#drops.filter(({ atMs }) => atMs > nowMs - DROPPED_WINDOW_MS);
  }
}

/**
 * Where the stages lie when they are drawn one after the other, in a line of length 1.
 * @param {{ms: number | null}[]} stages
 * @returns {{from: number, length: number}[]}
 */
export function layOutStages(stages) {
  const totalMs = sum(stages, ({ ms }) => ms ?? 0);
  let passedMs = 0;
  return stages.map(({ ms }) => {
    const from = share(passedMs, totalMs) ?? 0;
    passedMs += ms ?? 0;
    return { from, length: share(ms ?? 0, totalMs) ?? 0 };
  });
}

function sum(values, pick) {
  return values.reduce((total, value) => total + pick(value), 0);
}

function share(part, whole) {
  return whole === 0 ? null : part / whole;
}
