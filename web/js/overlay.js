/**
 * Boxes and names over the video, and how the video is laid out. Owns the canvas, and the video's
 * `data-fit` and `data-mirrored`.
 *
 * Known and unknown differ in colour, in line and in label, so that nobody depends on colour.
 *
 * Emits `placed` (detail: {placed, seq}) when faces were drawn, and `choose` (detail: {track}) when
 * one was tapped.
 */
import { realClock } from './clock.js';
import { chooseFit, frameToView, placeLabel } from './geometry.js';
import { faceAt } from './hit-test.js';
import { faceLabel } from './texts.js';

const KNOWN = Object.freeze({ line: '#2fd18c', plate: '#2fd18c', text: '#04160e' });
const UNKNOWN = Object.freeze({ line: '#ffc247', plate: 'rgb(12 16 20 / 78%)', text: '#ffd98a' });
const MARK = 'white'; // around the face that is looked into, or has the focus
const HALO = 'rgb(0 0 0 / 45%)'; // keeps a line visible on a picture of its own colour

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const NAME_FONT = `600 15px ${FONT}`;
const DETAIL_FONT = `500 13px ${FONT}`;
const LABEL_HEIGHT = 28;
const LABEL_PADDING = 10;
const LABEL_MAX_WIDTH = 280;
const DETAIL_GAP = 7;
const LINE_WIDTH = 3;
const CORNER_RADIUS = 12;
const MARK_GAP = 5;

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
    for (const { face, box } of this.#placed) {
      this.#drawBox(box, face.name !== null);
      if (face.track === this.#marked) this.#drawMark(box);
    }
    // Labels last, the best detection on top: no box is drawn across a name.
    for (const { face, box } of [...this.#placed].reverse()) this.#drawLabel(face, box, viewWh);
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

  #drawBox(box, known) {
    const context = this.#context;
    context.beginPath();
    if (known) tracePlate(context, box, CORNER_RADIUS);
    else traceCorners(context, box);
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.lineWidth = LINE_WIDTH + 2;
    context.strokeStyle = HALO;
    context.stroke();
    context.lineWidth = LINE_WIDTH;
    context.strokeStyle = known ? KNOWN.line : UNKNOWN.line;
    context.stroke();
  }

  #drawMark([x1, y1, x2, y2]) {
    const context = this.#context;
    const around = [x1 - MARK_GAP, y1 - MARK_GAP, x2 + MARK_GAP, y2 + MARK_GAP];
    context.beginPath();
    tracePlate(context, around, CORNER_RADIUS + MARK_GAP);
    context.lineWidth = 2;
    context.strokeStyle = MARK;
    context.stroke();
  }

  #drawLabel(face, box, viewWh) {
    const context = this.#context;
    const style = face.name === null ? UNKNOWN : KNOWN;
    const { name, detail } = faceLabel(face);

    context.font = DETAIL_FONT;
    const detailWidth = detail ? context.measureText(detail).width + DETAIL_GAP : 0;
    context.font = NAME_FONT;
    const room = Math.min(LABEL_MAX_WIDTH, viewWh[0] - 12) - detailWidth - 2 * LABEL_PADDING;
    const shown = shorten(context, name, room);
    const nameWidth = context.measureText(shown).width;
    const width = nameWidth + detailWidth + 2 * LABEL_PADDING;
    const [x, y] = placeLabel({ box, labelWh: [width, LABEL_HEIGHT], viewWh });

    context.beginPath();
    tracePlate(context, [x, y, x + width, y + LABEL_HEIGHT], 9);
    context.fillStyle = style.plate;
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = style.line;
    context.stroke();
    context.fillStyle = style.text;
    context.textBaseline = 'middle';
    const middle = y + LABEL_HEIGHT / 2 + 0.5;
    context.fillText(shown, x + LABEL_PADDING, middle);
    if (detail) {
      context.font = DETAIL_FONT;
      context.fillText(detail, x + LABEL_PADDING + nameWidth + DETAIL_GAP, middle);
    }
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function tracePlate(context, [x1, y1, x2, y2], radius) {
  const r = Math.min(radius, (x2 - x1) / 2, (y2 - y1) / 2);
  context.moveTo(x1 + r, y1);
  context.arcTo(x2, y1, x2, y2, r);
  context.arcTo(x2, y2, x1, y2, r);
  context.arcTo(x1, y2, x1, y1, r);
  context.arcTo(x1, y1, x2, y1, r);
  context.closePath();
}

/** Four corners instead of a frame: seen, but nobody. */
function traceCorners(context, [x1, y1, x2, y2]) {
  const arm = Math.min(26, (x2 - x1) / 3, (y2 - y1) / 3);
  const r = Math.min(CORNER_RADIUS, arm);
  for (const [x, y, dx, dy] of [
    [x1, y1, 1, 1],
    [x2, y1, -1, 1],
    [x2, y2, -1, -1],
    [x1, y2, 1, -1],
  ]) {
    context.moveTo(x, y + dy * arm);
    context.arcTo(x, y, x + dx * arm, y, r);
    context.lineTo(x + dx * arm, y);
  }
}

/** `text`, cut so that it is at most `room` CSS pixels wide in the font that is set. */
function shorten(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  const letters = [...text];
  while (letters.length > 1) {
    letters.pop();
    const shorter = `${letters.join('').trimEnd()}…`;
    if (context.measureText(shorter).width <= room) return shorter;
  }
  return '…';
}
