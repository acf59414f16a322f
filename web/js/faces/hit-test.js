/** Which face was meant by a tap. Pure; in view pixels, see basics/geometry.js. */

/** @typedef {import('../basics/geometry.js').BoxXyxy} BoxXyxy */
/** @typedef {{face: {track: number}, box: BoxXyxy}} PlacedFace */

/** A finger covers so much, in CSS pixels; a face that is smaller is as easy to hit. */
export const MIN_TARGET = 48;

/**
 * Of the boxes around the point, the one whose centre is nearest, measured in its own size: a
 * small face before a large one is hit, and so is the large one beside it.
 * @template {PlacedFace} T
 * @param {readonly T[]} placed
 * @param {[number, number]} point
 * @returns {T | null}
 */
export function faceAt(placed, [x, y]) {
  let nearest = null;
  let least = 1; // at the rim of the box
  for (const one of placed) {
    const [x1, y1, x2, y2] = one.box;
    const across = Math.abs(2 * x - x1 - x2) / Math.max(x2 - x1, MIN_TARGET);
    const down = Math.abs(2 * y - y1 - y2) / Math.max(y2 - y1, MIN_TARGET);
    const distance = Math.max(across, down);
    if (distance > least || (distance === least && nearest)) continue;
    nearest = one;
    least = distance;
  }
  return nearest;
}
