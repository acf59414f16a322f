/**
 * Where faces are now, judged by results that come 5 to 15 times a second and are 50 to 200 ms old
 * when they come. Pure: times in ms are handed in.
 *
 * A box that only glides from one result to the next is always a latency and an interval behind its
 * face. So it is drawn ahead: on from the newest result, at the pace of the last two intervals. Of
 * two paces the slower counts, and of two directions none: a head that turns back is not thrown far
 * beyond. What a result corrects is not jumped over but worn off within GLIDE_MS. A face that stands
 * still is held for as long as results agree with that, but for what detectors tremble.
 */

/** @typedef {import('../basics/geometry.js').BoxXyxy} BoxXyxy */
/** @typedef {import('../connection/protocol.js').Message} Message */
/** @typedef {{face: any, box: BoxXyxy, alpha: number}} DrawnNow box: in the newest result's pixels */

/** What a result corrects has worn off after so long: two thirds of an interval at 5 a second. */
export const GLIDE_MS = 120;

/** A pace is believed for so long after the newest picture. A longer lag is not made up for. */
export const AHEAD_MS = 250;

/** A face that is missing in a result fades for so long. */
export const FADE_MS = 240;

/**
 * How detectors tremble at a still face, as parts of its width and height. `still`: so much is no
 * motion. `sure`: more than this is motion at once; what lies between has to be seen twice.
 * Measured over 100 results of two still portraits: the middle varies by a standard deviation of
 * 0.2 to 0.9 % and by 4 % at the most, the size by up to 9 %, twice a second when the whole frame is
 * searched.
 */
export const MIDDLE_TREMBLES = Object.freeze({ still: 0.025, sure: 0.06 });
export const SIZE_TREMBLES = Object.freeze({ still: 0.06, sure: 0.15 });

/** A face that moves by less of its size in a ms is not drawn ahead: that may be trembling. */
const LEAST_PACE_PART = 2e-4;

/** By more than this of its size no face moves in an interval: it is set, not glided. */
export const JUMP_PART = 1;

/**
 * The middle or the size of a face along one axis. In parts of the frame's width or height, which
 * outlive a change of the size in which frames are sent.
 * @typedef {object} Line
 * @property {number} value at `atMs`
 * @property {number} atMs when the picture was taken from which the line starts
 * @property {number} ahead pace at which it goes on, a ms
 * @property {{value: number, atMs: number}[]} seen the last two results, whether they agreed or not
 * @property {number} doubt on which side of a line that stands the last result was off it: -1, 0, 1
 * @property {number} worn what was wrong with the drawing at `wornMs`, and wears off
 * @property {number} wornMs
 */

/** @typedef {{face: any, lines: Line[], lostMs: number | null}} Moving lines: of x, y, width, height */

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
    const before = new Map(this.#isReduced() ? [] : this.#faces);
    for (const [track, moving] of before) if (isGone(moving, nowMs)) before.delete(track);
    this.#frameWh = frameWh;
    this.#faces = new Map(
      faces.map((face) => {
        const values = middleAndSize(face.box_xyxy, frameWh);
        const lines = followAll(before.get(face.track), values, capturedMs, nowMs);
        return [face.track, { face, lines, lostMs: null }];
      }),
    );
    for (const [track, moving] of before) {
      if (!this.#faces.has(track)) this.#faces.set(track, lose(moving, nowMs));
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
      .map(({ face, lines, lostMs }) => ({
        face,
        box: boxOf(lines.map((line) => valueAt(line, nowMs)), this.#frameWh),
        alpha: lostMs === null ? 1 : 1 - (nowMs - lostMs) / FADE_MS,
      }));
  }

  /** @param {number} nowMs @returns {boolean} whether a later moment looks different, without a result */
  movesAt(nowMs) {
    return [...this.#faces.values()].some(({ lines, lostMs }) =>
      lostMs === null ? lines.some((line) => nowMs < restsAtMs(line)) : nowMs < lostMs + FADE_MS,
    );
  }
}

/** @returns {number[]} x and y of the middle, width and height, in parts of the frame */
function middleAndSize([x1, y1, x2, y2], [frameW, frameH]) {
  return [(x1 + x2) / 2 / frameW, (y1 + y2) / 2 / frameH, (x2 - x1) / frameW, (y2 - y1) / frameH];
}

/** @returns {BoxXyxy} */
function boxOf([x, y, width, height], [frameW, frameH]) {
  return [
    (x - width / 2) * frameW,
    (y - height / 2) * frameH,
    (x + width / 2) * frameW,
    (y + height / 2) * frameH,
  ];
}

function followAll(known, values, atMs, nowMs) {
  const there = known?.lines.map((line) => valueAt(line, nowMs));
  const sizes = [values[2], values[3], values[2], values[3]];
  const jumped = there?.some((value, index) => Math.abs(value - values[index]) > JUMP_PART * sizes[index]);
  if (!known || jumped) return values.map((value) => begin(value, atMs, nowMs));
  return values.map((value, index) => {
    const trembles = index < 2 ? MIDDLE_TREMBLES : SIZE_TREMBLES;
    return follow(known.lines[index], value, { size: sizes[index], trembles, atMs, nowMs });
  });
}

/** @returns {Line} */
function begin(value, atMs, nowMs) {
  const seen = [{ value, atMs }];
  return { value, atMs, ahead: 0, seen, doubt: 0, worn: 0, wornMs: nowMs };
}

/** @returns {Line} */
function follow(line, value, { size, trembles, atMs, nowMs }) {
  const seen = [...line.seen, { value, atMs }].slice(-3);
  const off = (value - line.value) / size;
  const doubt = Math.abs(off) > trembles.still ? Math.sign(off) : 0;
  const agrees = doubt === 0 || (Math.abs(off) <= trembles.sure && doubt !== line.doubt);
  if (line.ahead === 0 && agrees) return { ...line, seen: seen.slice(-2), doubt };
  const ahead = paceOf(seen);
  const next = {
    ...begin(value, atMs, nowMs),
    ahead: Math.abs(ahead) < LEAST_PACE_PART * size ? 0 : ahead,
    seen: seen.slice(-2),
  };
  return { ...next, worn: valueAt(line, nowMs) - valueAt(next, nowMs) };
}

/** At which something goes on that was seen three times: the slower of two paces. */
function paceOf(seen) {
  const paces = seen.slice(1).map(({ value, atMs }, index) => {
    return (value - seen[index].value) / Math.max(atMs - seen[index].atMs, 1);
  });
  const [one, other = 0] = paces;
  if (one * other <= 0) return 0;
  return Math.abs(one) < Math.abs(other) ? one : other;
}

/** It stays where it was drawn. */
function lose(moving, nowMs) {
  if (moving.lostMs !== null) return moving;
  const lines = moving.lines.map((line) => begin(valueAt(line, nowMs), line.atMs, nowMs));
  return { face: moving.face, lines, lostMs: nowMs };
}

function isGone({ lostMs }, nowMs) {
  return lostMs !== null && nowMs >= lostMs + FADE_MS;
}

function valueAt({ value, atMs, ahead, worn, wornMs }, nowMs) {
  const passedMs = Math.min(nowMs, atMs + AHEAD_MS) - atMs;
  const left = Math.max(0, 1 - Math.max(nowMs - wornMs, 0) / GLIDE_MS) ** 2;
  return value + ahead * passedMs + worn * left;
}

function restsAtMs({ ahead, atMs, worn, wornMs }) {
  return Math.max(
    ahead === 0 ? -Infinity : atMs + AHEAD_MS,
    worn === 0 ? -Infinity : wornMs + GLIDE_MS,
  );
}
