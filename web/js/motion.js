/**
 * Where faces are now, judged by results that come 5 to 15 times a second and are 50 to 200 ms old
 * when they come. Pure: times in ms are handed in.
 *
 * A box that only glides from one result to the next would always be a latency and an interval
 * behind its face. So it is drawn ahead: on from where the face was, at the pace that it kept over
 * the last two intervals. Of two paces the slower counts, and of two directions none: what is
 * trembling or turning back is not thrown ahead. What a new result corrects is not jumped over but
 * worn off within GLIDE_MS.
 */

/** @typedef {import('./geometry.js').BoxXyxy} BoxXyxy */
/** @typedef {import('./protocol.js').Message} Message */
/** @typedef {{face: any, box: BoxXyxy, alpha: number}} DrawnNow box: in the newest result's pixels */

/** What a result corrects has worn off after so long: two thirds of an interval at 5 a second. */
export const GLIDE_MS = 120;

/** A pace is believed for so long after its picture was taken. A longer lag is not made up for. */
export const AHEAD_MS = 250;

/** A face that is missing in a result fades for so long. */
export const FADE_MS = 240;

/** Detectors tremble by so much of a still face's width and height. */
export const STILL_PART = 0.015;

/** By more than this of its width or height no face moves in an interval: it is set, not glided. */
export const JUMP_PART = 1;

/**
 * A face on its way. Edges are in parts of the frame's width and height, which outlive a change of
 * the size in which frames are sent.
 * @typedef {object} Moving
 * @property {any} face as the newest result has it
 * @property {number[]} edges where it was at `atMs`
 * @property {number} atMs when that picture was taken
 * @property {number[] | null} pace over the last interval, a ms; null: it was seen once
 * @property {number[]} ahead pace at which it is thought to go on
 * @property {number[]} worn what was wrong at `wornMs`, and wears off
 * @property {number} wornMs
 * @property {number | null} lostMs since when it is missing; null: it is in view
 */

const NONE = Object.freeze([0, 0, 0, 0]);

/** Bounded by the faces of the last results. */
export class Motion {
  /** @type {Map<number, Moving>} by track */
  #faces = new Map();
  /** @type {[number, number]} */
  #frameWh = [1, 1];
  #isReduced;

  /** @param {() => boolean} [isReduced] whether boxes shall jump, and nothing else */
  constructor(isReduced = () => false) {
    this.#isReduced = isReduced;
  }

  /**
   * @param {Message} result with `captured_ms` on the clock that `nowMs` is of
   * @param {number} nowMs
   */
  show({ faces, size_wh: frameWh, captured_ms: capturedMs }, nowMs) {
    const before = this.#faces;
    const moves = !this.#isReduced();
    this.#frameWh = frameWh;
    this.#faces = new Map(
      faces.map((face) => {
        const edges = face.box_xyxy.map((value, index) => value / frameWh[index % 2]);
        const known = moves ? before.get(face.track) : undefined;
        return [face.track, follow(known, face, edges, capturedMs, nowMs)];
      }),
    );
    if (!moves) return;
    for (const [track, moving] of before) {
      if (!this.#faces.has(track) && !isGone(moving, nowMs)) {
        this.#faces.set(track, lose(moving, nowMs));
      }
    }
  }

  /** No face is in view. */
  clear() {
    this.#faces.clear();
  }

  /**
   * Those in view, the best detection first, then those that fade.
   * @param {number} nowMs
   * @returns {DrawnNow[]}
   */
  at(nowMs) {
    return [...this.#faces.values()]
      .filter((moving) => !isGone(moving, nowMs))
      .map((moving) => ({
        face: moving.face,
        box: /** @type {BoxXyxy} */ (
          edgesAt(moving, nowMs).map((value, index) => value * this.#frameWh[index % 2])
        ),
        alpha: moving.lostMs === null ? 1 : 1 - (nowMs - moving.lostMs) / FADE_MS,
      }));
  }

  /** @param {number} nowMs @returns {boolean} whether a later moment looks different, without a result */
  movesAt(nowMs) {
    return [...this.#faces.values()].some((moving) => nowMs < restsAtMs(moving));
  }
}

/** @returns {Moving} */
function follow(known, face, edges, atMs, nowMs) {
  const there = known ? edgesAt(known, nowMs) : edges;
  if (!known || differ(there, edges, JUMP_PART)) {
    return {
      face, edges, atMs, pace: null, ahead: [...NONE], worn: [...NONE], wornMs: nowMs, lostMs: null,
    };
  }
  const held = differ(known.edges, edges, STILL_PART) ? edges : known.edges;
  const passedMs = Math.max(atMs - known.atMs, 1);
  const pace = held.map((value, index) => (value - known.edges[index]) / passedMs);
  const ahead = pace.map((value, index) => slower(value, known.pace?.[index] ?? 0));
  const next = { face, edges: held, atMs, pace, ahead, worn: [...NONE], wornMs: nowMs, lostMs: null };
  const now = edgesAt(next, nowMs);
  next.worn = there.map((value, index) => value - now[index]);
  return next;
}

/** It stays where it was drawn. */
function lose(moving, nowMs) {
  if (moving.lostMs !== null) return moving;
  const edges = edgesAt(moving, nowMs);
  return { ...moving, edges, pace: null, ahead: [...NONE], worn: [...NONE], lostMs: nowMs };
}

function isGone({ lostMs }, nowMs) {
  return lostMs !== null && nowMs >= lostMs + FADE_MS;
}

function edgesAt({ edges, atMs, ahead, worn, wornMs }, nowMs) {
  const aheadMs = Math.min(Math.max(nowMs - atMs, 0), AHEAD_MS);
  const left = Math.max(0, 1 - Math.max(nowMs - wornMs, 0) / GLIDE_MS) ** 2;
  return edges.map((value, index) => value + ahead[index] * aheadMs + worn[index] * left);
}

function restsAtMs({ atMs, ahead, worn, wornMs, lostMs }) {
  if (lostMs !== null) return lostMs + FADE_MS;
  return Math.max(
    ahead.some(Boolean) ? atMs + AHEAD_MS : -Infinity,
    worn.some(Boolean) ? wornMs + GLIDE_MS : -Infinity,
  );
}

/** Whether some edge of one box is off that of the other by more than `part` of its size. */
function differ(one, other, part) {
  const size = [one[2] - one[0], one[3] - one[1]];
  return one.some((value, index) => Math.abs(value - other[index]) > part * size[index % 2]);
}

/** The one nearer to nothing; nothing where they go apart. */
function slower(one, other) {
  if (one * other <= 0) return 0;
  return Math.abs(one) < Math.abs(other) ? one : other;
}
