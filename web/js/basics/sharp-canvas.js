/** Canvases with a pixel for each of the screen's, however many those are to a CSS pixel. */

/**
 * Bring a canvas to this size. One that has it already is left as it is: to set a size empties it.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2D} context of it; its unit is a CSS pixel from then on
 * @param {import('./geometry.js').SizeWh} size in CSS pixels
 * @returns {boolean} whether it was resized, and so is empty
 */
export function fitCanvas(canvas, context, [width, height]) {
  const ratio = window.devicePixelRatio || 1;
  const pixelWidth = Math.round(width * ratio);
  const pixelHeight = Math.round(height * ratio);
  if (canvas.width === pixelWidth && canvas.height === pixelHeight) return false;
  canvas.width = pixelWidth;
  canvas.height = pixelHeight;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return true;
}
