/** Video element -> JPEG bytes. Owns one canvas, which follows the size of the camera picture. */
import { frameSize } from '../basics/geometry.js';

export class FrameEncoder {
  #video;
  #canvas;
  #context;

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
    ({ canvas: this.#canvas, context: this.#context } = makeCanvas());
  }

  /**
   * The newest camera picture, upright as the browser shows it and not mirrored.
   * @param {{width: number, quality: number}} flow as the server wants it, see connection/protocol.js
   * @returns {Promise<Uint8Array | null>} null: there is no picture yet
   */
  async encode({ width: widestWidth, quality }) {
    // Asked for each time: it changes when the phone is turned or the camera is flipped.
    const { videoWidth, videoHeight } = this.#video;
    if (!videoWidth || !videoHeight || this.#video.readyState < 2) return null;
    const [width, height] = frameSize([videoWidth, videoHeight], widestWidth);
    // Setting the size clears the canvas and costs memory, even when nothing changes.
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    this.#context.drawImage(this.#video, 0, 0, width, height);
    const blob = await toJpeg(this.#canvas, quality / 100);
    return blob && new Uint8Array(await blob.arrayBuffer());
  }
}

/** Some Safaris have OffscreenCanvas without a 2d context: what works is what counts. */
function makeCanvas() {
  if (typeof OffscreenCanvas === 'function') {
    const canvas = new OffscreenCanvas(1, 1);
    const context = canvas.getContext('2d', { alpha: false });
    if (context && canvas.convertToBlob) return { canvas, context };
  }
  const canvas = document.createElement('canvas');
  return { canvas, context: canvas.getContext('2d', { alpha: false }) };
}

/** @param {number} quality 0 to 1, as canvases count it */
function toJpeg(canvas, quality) {
  if ('convertToBlob' in canvas) {
    return canvas.convertToBlob({ type: 'image/jpeg', quality });
  }
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality));
}
