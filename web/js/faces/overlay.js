/**
 * Boxes and names over the video, and how the video is laid out. Owns the canvas, and the video's
 * `data-fit` and `data-mirrored`.
 *
 * Boxes are drawn where faces are thought to be by now (motion.js), in every animation frame while
 * something moves. What stands still is not drawn again, however many results come.
 *
 * Emits `placed` (detail: {placed, seq}) when a result was placed, with its own boxes and not with
 * those drawn; and `choose` (detail: {track}) when a face was tapped.
 */
import { realClock } from '../basics/clock.js';
import { chooseFit, frameToView } from '../basics/geometry.js';
import { fitCanvas } from '../basics/sharp-canvas.js';
import { drawFaces } from './face-drawing.js';
import { faceAt } from './hit-test.js';
import { Motion } from './motion.js';

/** Boxes of a picture that is so old no longer lie on the faces. */
const STALE_MS = 1500;

/** @typedef {import('../connection/protocol.js').Message} Message */
/** @typedef {import('../basics/geometry.js').SizeWh} SizeWh */
/** @typedef {import('../basics/geometry.js').BoxXyxy} BoxXyxy */

export class Overlay extends EventTarget {
  #video;
  #canvas;
  #clock;
  #context;
  #motion;
  /** @type {readonly HTMLElement[]} */
  #overPicture;
  #mirrored = true;
  /** @type {Message | null} */
  #result = null;
  #minSeq = 0;
  /** @type {import('./face-drawing.js').Capture | null} */
  #capture = null;
  /** @type {number | null} */
  #marked = null;
  #staleTimer = null;
  #drawRequested = false;

  /** The view as it was laid out last; null: it has to be laid out. */
  #layout = null;
  /** Faces that can be tapped, where they were drawn. @type {import('./hit-test.js').PlacedFace[]} */
  #drawn = [];
  /** What was drawn last, in words. */
  #picture = '';
  /** Track -> where its label was. @type {Map<number | undefined, number>} */
  #labelPlaces = new Map();

  /**
   * @param {object} elements
   * @param {HTMLVideoElement} elements.video
   * @param {HTMLCanvasElement} elements.canvas
   * @param {readonly HTMLElement[]} [elements.overPicture] what lies over it, where labels cannot be read
   * @param {() => boolean} [elements.isReduced] whether less motion was asked for
   * @param {import('../basics/clock.js').Clock} [elements.clock]
   */
  constructor({ video, canvas, overPicture = [], isReduced = wantsLessMotion, clock = realClock }) {
    super();
    this.#video = video;
    this.#canvas = canvas;
    this.#overPicture = overPicture;
    this.#clock = clock;
    this.#motion = new Motion(isReduced);
    this.#context = canvas.getContext('2d');
    new ResizeObserver(() => this.#layOut()).observe(canvas);
    // The camera picture changes its shape when the phone is turned.
    video.addEventListener('resize', () => this.#layOut());
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
    this.#layOut();
  }

  /**
   * Whether examples are being taken. The server takes them of a face that is alone in view.
   * @param {import('./face-drawing.js').Capture | null} capture
   */
  setCapture(capture) {
    const { accepted, wanted } = this.#capture ?? {};
    if (capture?.accepted === accepted && capture?.wanted === wanted) return;
    this.#capture = capture;
    this.#layOut();
  }

  /** Show a `result`; one that is older than what is shown is passed over. @param {Message} result */
  show(result) {
    if (result.seq < this.#minSeq) return;
    this.#minSeq = result.seq + 1;
    this.#result = result;
    this.#motion.show(result, this.#clock.now());
    this.#clock.clearTimeout(this.#staleTimer);
    this.#staleTimer = this.#clock.setTimeout(() => this.clear(), STALE_MS);
    this.#layOut();
  }

  /**
   * Show no face.
   * @param {number} [fromSeq] and none from frames before this one: they came from another camera
   */
  clear(fromSeq = this.#minSeq) {
    this.#minSeq = Math.max(this.#minSeq, fromSeq);
    this.#result = null;
    this.#motion.clear();
    this.#clock.clearTimeout(this.#staleTimer);
    this.#layOut();
  }

  /** Before the next drawing, look where everything is. */
  #layOut() {
    this.#layout = null;
    this.#requestDraw();
  }

  #requestDraw() {
    if (this.#drawRequested) return;
    this.#drawRequested = true;
    requestAnimationFrame(() => {
      this.#drawRequested = false;
      if (!this.#layout) this.#place();
      const nowMs = this.#clock.now();
      this.#draw(nowMs);
      if (this.#motion.movesAt(nowMs)) this.#requestDraw();
    });
  }

  #place() {
    const viewWh = /** @type {SizeWh} */ ([this.#canvas.clientWidth, this.#canvas.clientHeight]);
    const fit = this.#layOutVideo(viewWh);
    // A canvas of a new size is empty.
    if (fitCanvas(this.#canvas, this.#context, viewWh)) this.#picture = '';
    const { size_wh: frameWh = viewWh, faces = [] } = this.#result ?? {};
    const toView = frameToView({ frameWh, viewWh, fit, mirrored: this.#mirrored });
    this.#layout = { viewWh, toView, covered: this.#coveredXyxy() };
    const placed = faces.map((face) => ({
      face,
      box: toView(face.box_xyxy),
      captured: this.#isCaptured(face),
    }));
    this.#emit('placed', { placed, seq: this.#result?.seq ?? null });
  }

  #draw(nowMs) {
    const { viewWh, toView, covered } = this.#layout;
    const placed = this.#motion.at(nowMs).map(({ face, box, alpha }) => ({
      face,
      box: toView(box),
      captured: alpha === 1 && this.#isCaptured(face),
      alpha,
    }));
    this.#drawn = placed.filter(({ alpha }) => alpha === 1);
    const picture = JSON.stringify([
      placed.map((one) => [one.box.map((value) => value.toFixed(1)), one.alpha, one.captured]),
      placed.map(({ face }) => [face.track, face.name, face.confidence.toFixed(2)]),
      [viewWh, this.#canvas.width, covered, this.#marked, this.#capture],
    ]);
    if (picture === this.#picture) return;
    this.#picture = picture;
    this.#context.clearRect(0, 0, ...viewWh);
    drawFaces(this.#context, placed, viewWh, {
      marked: this.#marked,
      capture: this.#capture,
      covered,
      places: this.#labelPlaces,
    });
  }

  #isCaptured(face) {
    const faces = this.#result?.faces ?? [];
    return this.#capture !== null && faces.length === 1 && faces[0].track === face.track;
  }

  #hit({ offsetX, offsetY }) {
    return faceAt(this.#drawn, [offsetX, offsetY]);
  }

  /** @returns {BoxXyxy[]} in the view; what is hidden has no size, and covers nothing */
  #coveredXyxy() {
    const view = this.#canvas.getBoundingClientRect();
    return this.#overPicture
      .map((element) => element.getBoundingClientRect())
      .filter(({ width, height }) => width > 0 && height > 0)
      .map(({ left, top, right, bottom }) => [
        left - view.left,
        top - view.top,
        right - view.left,
        bottom - view.top,
      ]);
  }

  #layOutVideo(viewWh) {
    const { videoWidth, videoHeight } = this.#video;
    const fit = videoWidth ? chooseFit([videoWidth, videoHeight], viewWh) : 'cover';
    this.#video.dataset.fit = fit;
    this.#video.dataset.mirrored = String(this.#mirrored);
    return fit;
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function wantsLessMotion() {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
