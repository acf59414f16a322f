/**
 * Boxes and names over the video, and how the video is laid out. Owns the canvas, and the video's
 * `data-fit` and `data-mirrored`.
 *
 * Emits `placed` (detail: {placed, seq}) when faces were drawn, and `choose` (detail: {track}) when
 * one was tapped.
 */
import { realClock } from './clock.js';
import { drawFaces } from './face-drawing.js';
import { chooseFit, frameToView } from './geometry.js';
import { faceAt } from './hit-test.js';

/** Boxes of a picture that is so old no longer lie on the faces. */
const STALE_MS = 1500;

/** @typedef {import('./protocol.js').Message} Message */

export class Overlay extends EventTarget {
  #video;
  #canvas;
  #clock;
  #context;
  #mirrored = true;
  /** @type {Message | null} */
  #result = null;
  #minSeq = 0;
  /** Where faces were drawn. @type {readonly import('./hit-test.js').PlacedFace[]} */
  #placed = [];
  /** @type {number | null} */
  #marked = null;
  #staleTimer = null;
  #drawRequested = false;

  /**
   * @param {object} elements
   * @param {HTMLVideoElement} elements.video
   * @param {HTMLCanvasElement} elements.canvas
   * @param {import('./clock.js').Clock} [elements.clock]
   */
  constructor({ video, canvas, clock = realClock }) {
    super();
    this.#video = video;
    this.#canvas = canvas;
    this.#clock = clock;
    this.#context = canvas.getContext('2d');
    new ResizeObserver(() => this.#requestDraw()).observe(canvas);
    // The camera picture changes its shape when the phone is turned.
    video.addEventListener('resize', () => this.#requestDraw());
    canvas.addEventListener('click', (event) => {
      const hit = this.#hit(event);
      if (hit) this.#emit('choose', { track: hit.face.track });
    });
    canvas.addEventListener('pointermove', (event) => {
      canvas.style.cursor = this.#hit(event) ? 'pointer' : '';
    });
  }

  /** Mark a face, as the one that is meant. @param {number | null} track null: none */
  mark(track) {
    if (track === this.#marked) return;
    this.#marked = track;
    this.#requestDraw();
  }

  /** @param {boolean} mirrored whether the preview is shown as in a mirror */
  setMirrored(mirrored) {
    this.#mirrored = mirrored;
    this.#requestDraw();
  }

  /** Show a `result`; one that is older than what is shown is passed over. @param {Message} result */
  show(result) {
    if (result.seq < this.#minSeq) return;
    this.#minSeq = result.seq + 1;
    this.#result = result;
    this.#clock.clearTimeout(this.#staleTimer);
    this.#staleTimer = this.#clock.setTimeout(() => this.clear(), STALE_MS);
    this.#requestDraw();
  }

  /**
   * Show no face.
   * @param {number} [fromSeq] and none from frames before this one: they came from another camera
   */
  clear(fromSeq = this.#minSeq) {
    this.#minSeq = Math.max(this.#minSeq, fromSeq);
    this.#result = null;
    this.#clock.clearTimeout(this.#staleTimer);
    this.#requestDraw();
  }

  #requestDraw() {
    if (this.#drawRequested) return;
    this.#drawRequested = true;
    requestAnimationFrame(() => {
      this.#drawRequested = false;
      this.#draw();
    });
  }

  #draw() {
    const viewWh = /** @type {[number, number]} */ ([
      this.#canvas.clientWidth,
      this.#canvas.clientHeight,
    ]);
    const fit = this.#layOutVideo(viewWh);
    this.#resizeCanvas(viewWh);
    this.#context.clearRect(0, 0, ...viewWh);

    this.#placed = this.#place(viewWh, fit);
    drawFaces(this.#context, this.#placed, viewWh, this.#marked);
    this.#emit('placed', { placed: this.#placed, seq: this.#result?.seq ?? null });
  }

  #place(viewWh, fit) {
    if (!this.#result) return [];
    const { size_wh: frameWh, faces } = this.#result;
    const toView = frameToView({ frameWh, viewWh, fit, mirrored: this.#mirrored });
    return faces.map((face) => ({ face, box: toView(face.box_xyxy) }));
  }

  #hit({ offsetX, offsetY }) {
    return faceAt(this.#placed, [offsetX, offsetY]);
  }

  #layOutVideo(viewWh) {
    const { videoWidth, videoHeight } = this.#video;
    const fit = videoWidth ? chooseFit([videoWidth, videoHeight], viewWh) : 'cover';
    this.#video.dataset.fit = fit;
    this.#video.dataset.mirrored = String(this.#mirrored);
    return fit;
  }

  #resizeCanvas([width, height]) {
    const ratio = window.devicePixelRatio || 1;
    const pixelWidth = Math.round(width * ratio);
    const pixelHeight = Math.round(height * ratio);
    if (this.#canvas.width !== pixelWidth) this.#canvas.width = pixelWidth;
    if (this.#canvas.height !== pixelHeight) this.#canvas.height = pixelHeight;
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
