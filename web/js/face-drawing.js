/**
 * How a face looks that was found: box, mark and label, drawn into any 2d context. Pure but for
 * the context; knows no page. Over the live view, and into pictures that are kept.
 *
 * Known and unknown differ in colour, in line and in label, so that nobody depends on colour.
 */
import { placeLabel } from './geometry.js';
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

/**
 * @typedef {{name: string | null, confidence: number, track?: number}} DrawnFace
 */

/**
 * @param {CanvasRenderingContext2D} context whose unit is a CSS pixel, whatever its canvas has
 * @param {readonly {face: DrawnFace, box: import('./geometry.js').BoxXyxy}[]} placed the best first
 * @param {import('./geometry.js').SizeWh} viewWh beyond which no label goes
 * @param {number | null} [marked] the track of the face that is meant
 */
export function drawFaces(context, placed, viewWh, marked = null) {
  for (const { face, box } of placed) {
    drawBox(context, box, face.name !== null);
    if (marked !== null && face.track === marked) drawMark(context, box);
  }
  // Labels last, the best detection on top: no box is drawn across a name.
  for (const { face, box } of [...placed].reverse()) drawLabel(context, face, box, viewWh);
}

function drawBox(context, box, known) {
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

function drawMark(context, [x1, y1, x2, y2]) {
  const around = [x1 - MARK_GAP, y1 - MARK_GAP, x2 + MARK_GAP, y2 + MARK_GAP];
  context.beginPath();
  tracePlate(context, around, CORNER_RADIUS + MARK_GAP);
  context.lineWidth = 2;
  context.strokeStyle = MARK;
  context.stroke();
}

function drawLabel(context, face, box, viewWh) {
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
