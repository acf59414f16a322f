/**
 * Photos made smaller before they are sent: a phone takes some with 50 megapixels, of which a face
 * needs few, and in formats that only its own browser reads.
 */

/** A face of a person in the picture has hundreds of pixels then; recognition uses some hundred. */
export const MAX_PHOTO_PIXELS = 3_000_000;

const JPEG_QUALITY = 0.92;

/** What every server can decode; the rest is made a JPEG. */
const PLAIN_TYPES = Object.freeze(new Set(['image/jpeg', 'image/png']));

/**
 * @param {[number, number]} size width and height in pixels
 * @param {number} [maxPixels]
 * @returns {[number, number]} of the same shape, not enlarged
 */
export function shrunkSize([width, height], maxPixels = MAX_PHOTO_PIXELS) {
  const scale = Math.min(1, Math.sqrt(maxPixels / (width * height)));
  const scaled = (length) => Math.max(1, Math.floor(length * scale));
  return [scaled(width), scaled(height)];
}

/**
 * @param {File} file
 * @returns {Promise<Blob>} the photo upright, in a size and format to send; the file itself where
 *   it needs no change, or this browser cannot read it: the server says what is wrong with it then
 */
export async function shrinkPhoto(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file); // turned upright by what the camera noted
  } catch {
    return file;
  }
  try {
    const [width, height] = shrunkSize([bitmap.width, bitmap.height]);
    if (width === bitmap.width && PLAIN_TYPES.has(file.type)) return file;
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    canvas.getContext('2d').drawImage(bitmap, 0, 0, width, height);
    const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', JPEG_QUALITY));
    return blob ?? file;
  } finally {
    bitmap.close();
  }
}
