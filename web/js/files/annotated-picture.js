/** A picture in its full size with boxes and names drawn in, as a file to keep. */
import { drawFaces } from '../faces/face-drawing.js';

/** @typedef {import('../basics/geometry.js').SizeWh} SizeWh */
/** @typedef {import('../basics/geometry.js').BoxXyxy} BoxXyxy */
/** @typedef {{face: {name: string | null, confidence: number}, box: BoxXyxy}} PictureFace */

/** Faces are drawn as if the longer side had so many CSS pixels: to be read on a screen. */
const SHOWN_SIDE = 1280;

const JPEG_QUALITY = 0.92;

/**
 * How many pixels of the picture a line of one CSS pixel is wide.
 * @param {SizeWh} sizeWh
 * @returns {number}
 */
export function drawnScale(sizeWh) {
  return Math.max(1, Math.max(...sizeWh) / SHOWN_SIDE);
}

/** @param {string} fileName @returns {string} of the copy with names */
export function namedFileName(fileName) {
  return `${fileName.replace(/\.[^.]*$/, '') || 'picture'}-named.jpg`;
}

/**
 * @param {CanvasImageSource} picture
 * @param {SizeWh} sizeWh its own
 * @param {readonly PictureFace[]} faces box: in pixels of the picture
 * @returns {Promise<Blob | null>} a JPEG; null: too large for a canvas of this browser
 */
export async function annotatedPicture(picture, [width, height], faces) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) return null;
  context.drawImage(picture, 0, 0, width, height);
  const scale = drawnScale([width, height]);
  context.scale(scale, scale);
  const placed = faces.map(({ face, box }) => ({
    face,
    box: /** @type {any} */ (box.map((edge) => edge / scale)),
  }));
  drawFaces(context, placed, [width / scale, height / scale]);
  return new Promise((done) => canvas.toBlob(done, 'image/jpeg', JPEG_QUALITY));
}

/** Let the browser keep `file` as it keeps downloads. @param {Blob} file @param {string} fileName */
export function saveFile(file, fileName) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = fileName;
  link.click();
  // The browser has begun to read it by then; at once would be too early for some.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
