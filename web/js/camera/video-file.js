/**
 * A video file in the video element, in the place of the camera: it plays without a sound, again
 * and again. Owns the element's `src` and `loop`.
 *
 * Events, as those of the camera: `started` (detail: CameraView), `stopped` (detail: {kind}; kind:
 * `unplayable`, or null when it was ended).
 */
import { viewToFrame } from '../basics/geometry.js';

/** Nobody looks into a mirror there. @type {import('./camera.js').CameraView} */
const VIEW = Object.freeze({
  facingMode: null,
  mirrored: false,
  canFlip: false,
  choice: [],
  deviceId: null,
  torch: null,
});

export class VideoFile extends EventTarget {
  #video;
  #makeUrl;
  #giveBack;
  /** @type {string | null} */
  #url = null;
  #running = false;

  /**
   * @param {HTMLVideoElement} video
   * @param {{makeUrl?: (file: Blob) => string, giveBack?: (url: string) => void}} [options]
   */
  constructor(
    video,
    {
      makeUrl = (file) => URL.createObjectURL(file),
      giveBack = (url) => URL.revokeObjectURL(url),
    } = {},
  ) {
    super();
    this.#video = video;
    this.#makeUrl = makeUrl;
    this.#giveBack = giveBack;
    // A file may be damaged in the middle, too.
    video.addEventListener('error', () => {
      if (this.#running) this.stop('unplayable');
    });
  }

  /** Whether its pictures are shown. */
  get running() {
    return this.#running;
  }

  /** What can be drawn of it now. @returns {CanvasImageSource} */
  get picture() {
    return this.#video;
  }

  /** The size of its picture. @returns {import('../basics/geometry.js').SizeWh} */
  get sizeWh() {
    return [this.#video.videoWidth, this.#video.videoHeight];
  }

  /** Play it from its beginning. The camera has to be off. @param {Blob} file */
  async play(file) {
    this.#release();
    const url = this.#makeUrl(file);
    this.#url = url;
    this.#video.src = url;
    this.#video.loop = true;
    try {
      await this.#video.play();
    } catch {
      if (this.#url === url) this.stop('unplayable');
      return;
    }
    if (this.#url !== url) return;
    if (!this.#video.videoWidth) {
      this.stop('unplayable'); // a sound without a picture, or a picture of an unknown kind
      return;
    }
    this.#running = true;
    this.#emit('started', VIEW);
  }

  /** @param {string | null} [kind] why */
  stop(kind = null) {
    if (this.#url === null) return;
    this.#release();
    this.#emit('stopped', { kind });
  }

  /** Some phones pause it while the page is hidden. */
  restartIfPaused() {
    if (!this.#running || !this.#video.paused) return;
    const url = this.#url;
    this.#video.play().catch(() => {
      if (this.#url === url) this.stop('unplayable');
    });
  }

  /**
   * @template T
   * @param {readonly {face: T, box: import('../basics/geometry.js').BoxXyxy}[]} placed in the view
   * @returns {{face: T, box: import('../basics/geometry.js').BoxXyxy}[]} in pixels of its picture
   */
  inPicture(placed) {
    const { clientWidth, clientHeight, dataset } = this.#video;
    const toPicture = viewToFrame({
      frameWh: this.sizeWh,
      viewWh: [clientWidth, clientHeight],
      fit: dataset.fit === 'contain' ? 'contain' : 'cover',
    });
    return placed.map(({ face, box }) => ({ face, box: toPicture(box) }));
  }

  #release() {
    this.#running = false;
    if (this.#url === null) return;
    const url = this.#url;
    this.#url = null;
    this.#video.loop = false;
    this.#video.removeAttribute('src');
    this.#video.load(); // or it would go on showing the last picture
    this.#giveBack(url);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
