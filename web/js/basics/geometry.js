/**
 * Where things are: camera pixels, frame pixels, CSS pixels. Pure; knows no DOM.
 *
 * Frame pixels are those of the picture as it was sent: x to the right, never mirrored. View pixels
 * are CSS pixels of the box in which the video is shown. Mirroring happens between the two, and
 * nowhere else but in the style sheet.
 */

/** @typedef {[number, number]} SizeWh */
/** @typedef {[number, number, number, number]} BoxXyxy */

/** The widest frame that is sent. Faces of people at arm's length have some 200 pixels in it. */
export const MAX_FRAME_WIDTH = 640;

/**
 * The most pixels of a frame, as a part of the square of its widest width: those of 4:3. A phone
 * held upright films 9:16, where the full width would make 2.3 times the work for the server.
 */
export const FRAME_PIXELS_OF_SQUARE = 3 / 4;

/** So that 639.9999999, which 640 may come out as, is not cut down to 639. */
const ROUNDING = 1e-6;

/** The part of the camera picture that may be cut off to fill the view. */
export const MAX_HIDDEN_PART = 0.25;

/**
 * The size in which a camera picture is sent: same shape, never enlarged.
 * @param {SizeWh} cameraWh in pixels
 * @param {number} [widestWidth] that the server wants, in pixels; above MAX_FRAME_WIDTH it is that
 * @returns {SizeWh}
 */
export function frameSize([width, height], widestWidth = MAX_FRAME_WIDTH) {
  const widest = Math.min(widestWidth, MAX_FRAME_WIDTH);
  const scale = Math.min(
    1,
    widest / width,
    widest * Math.sqrt(FRAME_PIXELS_OF_SQUARE / (width * height)),
  );
  const scaled = (length) => Math.max(1, Math.floor(length * scale + ROUNDING));
  return [scaled(width), scaled(height)];
}

/**
 * How the video is laid into its view: `cover` fills the view, unless that would hide so much
 * of the picture that faces which count in a capture could not be seen.
 * @param {SizeWh} contentWh
 * @param {SizeWh} viewWh
 * @returns {'cover' | 'contain'}
 */
export function chooseFit([contentW, contentH], [viewW, viewH]) {
  const ratio = (contentW * viewH) / (contentH * viewW);
  const shown = Math.min(ratio, 1 / ratio);
  return 1 - shown <= MAX_HIDDEN_PART ? 'cover' : 'contain';
}

/**
 * The same box in another size of the same picture.
 * @param {BoxXyxy} box
 * @param {SizeWh} fromWh
 * @param {SizeWh} toWh
 * @returns {BoxXyxy}
 */
export function scaledBox([x1, y1, x2, y2], [fromW, fromH], [toW, toH]) {
  const [scaleX, scaleY] = [toW / fromW, toH / fromH];
  return [x1 * scaleX, y1 * scaleY, x2 * scaleX, y2 * scaleY];
}

/**
 * The way back of `frameToView`, of a picture that is not mirrored.
 * @param {{frameWh: SizeWh, viewWh: SizeWh, fit: 'cover' | 'contain'}} options
 * @returns {(box: BoxXyxy) => BoxXyxy}
 */
export function viewToFrame({ frameWh, viewWh, fit }) {
  const toView = frameToView({ frameWh, viewWh, fit, mirrored: false });
  const [left, top, right, bottom] = toView([0, 0, ...frameWh]);
  const [wide, high] = [right - left, bottom - top];
  return ([x1, y1, x2, y2]) =>
    scaledBox([x1 - left, y1 - top, x2 - left, y2 - top], [wide, high], frameWh);
}

/**
 * The map from frame pixels to view pixels which CSS `object-fit` with a centred
 * `object-position` makes.
 * @param {{frameWh: SizeWh, viewWh: SizeWh, fit: 'cover' | 'contain', mirrored: boolean}} options
 * @returns {(box: BoxXyxy) => BoxXyxy} keeps x1 <= x2, mirrored or not
 */
export function frameToView({ frameWh: [frameW, frameH], viewWh: [viewW, viewH], fit, mirrored }) {
  const pick = fit === 'cover' ? Math.max : Math.min;
  const scale = pick(viewW / frameW, viewH / frameH);
  const left = (viewW - frameW * scale) / 2;
  const top = (viewH - frameH * scale) / 2;
  const toX = (x) => left + (mirrored ? frameW - x : x) * scale;
  return ([x1, y1, x2, y2]) => {
    const a = toX(x1);
    const b = toX(x2);
    return [Math.min(a, b), top + y1 * scale, Math.max(a, b), top + y2 * scale];
  };
}
