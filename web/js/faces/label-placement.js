/**
 * Where the labels of boxes go. Pure; in view pixels, see basics/geometry.js.
 *
 * The best detection chooses first, and each takes the first of its places that is free of what
 * lies over the picture, of other labels and of other faces. Where that leaves somebody without a
 * free place, those before give way: places are tried out until all are free, up to a bound.
 */

/** @typedef {import('../basics/geometry.js').BoxXyxy} BoxXyxy */
/** @typedef {import('../basics/geometry.js').SizeWh} SizeWh */
/** @typedef {{box: BoxXyxy, labelWh: SizeWh, place?: number | null}} Wish place: where it was until now */
/** @typedef {{xyxy: BoxXyxy, place: number}} PlacedLabel */

/** Between a label and its box. */
const GAP = 6;

/** Between a label and the rim of the view. */
const MARGIN = 6;

/** So much room a better place must have to spare, or a label would flicker between two of them. */
const SPARE = 10;

/** Places that are tried before it is given up that all labels shall be free: a frame has 16 ms. */
const MOST_TRIES = 2000;

/** How bad it is to cover a part of something. What is told nowhere else comes first. */
const COST = Object.freeze({ covered: 8, label: 4, face: 1 });

/**
 * @param {readonly Wish[]} wishes the best detection first
 * @param {object} options
 * @param {SizeWh} options.viewWh beyond which no label goes
 * @param {readonly BoxXyxy[]} [options.covered] what lies over the picture: labels would be under it
 * @returns {PlacedLabel[]} in the order of the wishes
 */
export function placeLabels(wishes, { viewWh, covered = [] }) {
  const rows = wishes.map((wish, index) => {
    const faces = wishes.filter((_, other) => other !== index).map(({ box }) => box);
    const places = candidatePlaces(wish, viewWh);
    return { wish, faces, places, order: freeFirst(wish, places, [...covered, ...faces]) };
  });
  const chosen = allFree(rows) ?? leastBad(rows, covered);
  return rows.map(({ places }, index) => ({ xyxy: places[chosen[index]].xyxy, place: chosen[index] }));
}

/**
 * The places of a label, the best first, none of them beyond the view.
 * @param {Wish} wish
 * @param {SizeWh} viewWh
 * @returns {{xyxy: BoxXyxy, fits: boolean}[]} fits: the rim of the view did not push it over its box
 */
export function candidatePlaces({ box, labelWh: [width, height] }, [viewW, viewH]) {
  const [x1, y1, x2, y2] = box;
  const middle = (y1 + y2 - height) / 2;
  const above = y1 - GAP - height;
  const below = y2 + GAP;
  const right = x2 + GAP;
  const left = x1 - GAP - width;
  const beside = [
    [x1, above],
    [x1, below],
    [x2 - width, above],
    [x2 - width, below],
    [right, y1],
    [left, y1],
    [right, middle],
    [left, middle],
    [right, y2 - height],
    [left, y2 - height],
  ];
  // Over the face itself, where it shows least of it. The middle is the last of all.
  const centred = (x1 + x2 - width) / 2;
  const within = [
    [centred, Math.min(y2, viewH) - GAP - height],
    [centred, Math.max(y1, 0) + GAP],
    [centred, middle],
  ];
  return [...beside, ...within].map(([x, y], index) => {
    const x0 = clamp(x, MARGIN, viewW - MARGIN - width);
    const y0 = clamp(y, MARGIN, viewH - MARGIN - height);
    const xyxy = /** @type {BoxXyxy} */ ([x0, y0, x0 + width, y0 + height]);
    return { xyxy, fits: index >= beside.length || !overlap(xyxy, box) };
  });
}

/** The places that cover nothing, in the order in which they are to be tried. */
function freeFirst({ place: kept = null }, places, taken) {
  const free = places.map(({ xyxy, fits }) => fits && !taken.some((box) => overlap(xyxy, box)));
  const order = [...free.keys()].filter((index) => free[index]);
  if (kept === null || !free[kept]) return order;
  // The better ones come before it only where they would not be left again at once.
  const better = order.filter(
    (index) => index < kept && !taken.some((box) => overlap(grown(places[index].xyxy), box)),
  );
  return [...better, kept, ...order.filter((index) => index !== kept && !better.includes(index))];
}

/** The first choice of free places in which no label covers another; null: none was found. */
function allFree(rows) {
  let tries = 0;
  const chosen = [];
  const choose = () => {
    if (chosen.length === rows.length) return true;
    const row = rows[chosen.length];
    for (const index of row.order) {
      if (++tries > MOST_TRIES) return false;
      const { xyxy } = row.places[index];
      if (chosen.some((at, before) => overlap(rows[before].places[at].xyxy, xyxy))) continue;
      chosen.push(index);
      if (choose()) return true;
      chosen.pop();
    }
    return false;
  };
  return choose() ? chosen : null;
}

/** One after the other takes the place that covers least. */
function leastBad(rows, covered) {
  const labels = [];
  return rows.map(({ places, faces, wish }) => {
    const cost = ({ xyxy, fits }) =>
      COST.covered * overlapArea(xyxy, covered) +
      COST.label * overlapArea(xyxy, labels) +
      COST.face * overlapArea(xyxy, faces) +
      (fits ? 0 : COST.face * overlapArea(xyxy, [wish.box]));
    const costs = places.map(cost);
    const best = costs.indexOf(Math.min(...costs));
    labels.push(places[best].xyxy);
    return best;
  });
}

/**
 * @param {BoxXyxy} one
 * @param {BoxXyxy} other
 * @returns {boolean} whether they share more than a rim
 */
export function overlap(one, other) {
  return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
}

function overlapArea(one, others) {
  return others.reduce((sum, other) => {
    const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
    const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
    return sum + Math.max(0, width) * Math.max(0, height);
  }, 0);
}

function grown([x1, y1, x2, y2]) {
  return [x1 - SPARE, y1 - SPARE, x2 + SPARE, y2 + SPARE];
}

/** The lower bound wins where the range is empty: the start of a text matters most. */
function clamp(value, low, high) {
  return Math.max(low, Math.min(value, high));
}
