/**
 * How a face looks that was found: box, ring, mark and label, drawn into any 2d context. Pure but
 * for the context; knows no page. Over the live view, and into pictures that are kept.
 *
 * Known, unknown and being captured differ in colour, in line and in label, so that nobody depends
 * on colour: a closed frame, four corners, a ring that fills.
 */
import { capturedLabel } from '../texts/enrolment.js';
import { faceLabel } from '../texts/faces.js';
import { placeLabels } from './label-placement.js';

/** @typedef {import('../basics/geometry.js').BoxXyxy} BoxXyxy */
/** @typedef {{name: string | null, confidence: number, track?: number}} DrawnFace */
/** @typedef {{accepted: number, wanted: number}} Capture examples taken, and those to be taken */
/**
 * @typedef {object} Placed
 * @property {DrawnFace} face
 * @property {BoxXyxy} box
 * @property {boolean} [captured] whether examples of it are being taken
 * @property {number} [alpha] less than 1: it was lost, and fades
 */

/**
 * Told apart with every kind of colour vision, and seen on any picture; face-colours.test.js
 * measures it.
 */
export const LOOKS = Object.freeze({
  known: Object.freeze({ line: '#2fd18c', plate: '#2fd18c', text: '#04160e' }),
  unknown: Object.freeze({ line: '#ffc247', plate: 'rgb(12 16 20 / 78%)', text: '#ffd98a' }),
  captured: Object.freeze({ line: '#a78bff', plate: '#241a45', text: '#e4dbff' }),
});
const MARK = 'white'; // around the face that is looked into, or has the focus
const HALO = 'rgb(0 0 0 / 45%)'; // keeps a line visible on a picture of its own colour
const RING_EMPTY = 'rgb(255 255 255 / 80%)'; // what is still to be filled

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
const RING_WIDTH = 6;
/** The ring runs through the corners of a box that is a little smaller than that of the face. */
const RING_PART = 0.62;

/**
 * @param {CanvasRenderingContext2D} context whose unit is a CSS pixel, whatever its canvas has
 * @param {readonly Placed[]} placed the best first
 * @param {import('../basics/geometry.js').SizeWh} viewWh beyond which no label goes
 * @param {object} [options]
 * @param {number | null} [options.marked] the track of the face that is meant
 * @param {Capture | null} [options.capture] the one that is under way
 * @param {readonly BoxXyxy[]} [options.covered] what lies over the picture, and would hide a label
 * @param {Map<number | undefined, number>} [options.places] track -> the place of its label among
 *   the candidates, as of the last drawing; brought up to date, so that labels stay where they are
 */
export function drawFaces(
  context,
  placed,
  viewWh,
  { marked = null, capture = null, covered = [], places = new Map() } = {},
) {
  for (const { face, box, captured = false, alpha = 1 } of placed) {
    context.globalAlpha = alpha;
    if (captured && capture) drawRing(context, box, capture);
    else drawBox(context, box, face.name !== null);
    if (marked !== null && face.track === marked) drawMark(context, outlineOf(box, captured));
  }
  const labels = placed.map((one) => measureLabel(context, one, viewWh, capture));
  const wishes = placed.map(({ face, box, captured = false }, index) => ({
    box: outlineOf(box, captured),
    labelWh: labels[index].labelWh,
    place: places.get(face.track) ?? null,
  }));
  const found = placeLabels(wishes, { viewWh, covered });
  places.clear();
  placed.forEach(({ face }, index) => places.set(face.track, found[index].place));
  // Labels last, the best detection on top: no box is drawn across a name.
  for (const [index, { alpha = 1 }] of [...placed.entries()].reverse()) {
    context.globalAlpha = alpha;
    drawLabel(context, labels[index], found[index].xyxy);
  }
  context.globalAlpha = 1;
}

/** What is drawn around a face: its box, or the ring. */
function outlineOf([x1, y1, x2, y2], captured) {
  if (!captured) return [x1, y1, x2, y2];
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const [across, down] = [(x2 - x1) * RING_PART, (y2 - y1) * RING_PART];
  return [x - across, y - down, x + across, y + down];
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
  context.strokeStyle = (known ? LOOKS.known : LOOKS.unknown).line;
  context.stroke();
}

/** Around the face, filled from the top, as a clock goes, by the examples that were taken. */
function drawRing(context, box, { accepted, wanted }) {
  const [x1, y1, x2, y2] = outlineOf(box, true);
  const part = wanted > 0 ? Math.min(accepted / wanted, 1) : 0;
  const stroke = (to, width, style) => {
    context.beginPath();
    context.ellipse(
      (x1 + x2) / 2,
      (y1 + y2) / 2,
      (x2 - x1) / 2,
      (y2 - y1) / 2,
      0,
      -Math.PI / 2,
      to * 2 * Math.PI - Math.PI / 2,
    );
    context.lineWidth = width;
    context.strokeStyle = style;
    context.stroke();
  };
  context.lineCap = 'round';
  stroke(1, RING_WIDTH + 2, HALO);
  stroke(1, 2, RING_EMPTY);
  if (part > 0) stroke(part, RING_WIDTH, LOOKS.captured.line);
}

function drawMark(context, [x1, y1, x2, y2]) {
  const around = [x1 - MARK_GAP, y1 - MARK_GAP, x2 + MARK_GAP, y2 + MARK_GAP];
  context.beginPath();
  tracePlate(context, around, CORNER_RADIUS + MARK_GAP);
  context.lineWidth = 2;
  context.strokeStyle = MARK;
  context.stroke();
}

function measureLabel(context, { face, captured }, viewWh, capture) {
  const isCaptured = captured && capture;
  const { name, detail } = isCaptured ? capturedLabel(capture) : faceLabel(face);
  const style = isCaptured ? LOOKS.captured : face.name === null ? LOOKS.unknown : LOOKS.known;

  context.font = DETAIL_FONT;
  const detailWidth = detail ? context.measureText(detail).width + DETAIL_GAP : 0;
  context.font = NAME_FONT;
  const room = Math.min(LABEL_MAX_WIDTH, viewWh[0] - 12) - detailWidth - 2 * LABEL_PADDING;
  const shown = shorten(context, name, room);
  const nameWidth = context.measureText(shown).width;
  const width = nameWidth + detailWidth + 2 * LABEL_PADDING;
  return { style, shown, nameWidth, detail, labelWh: [width, LABEL_HEIGHT] };
}

function drawLabel(context, { style, shown, nameWidth, detail }, [x1, y1, x2, y2]) {
  context.beginPath();
  tracePlate(context, [x1, y1, x2, y2], 9);
  context.fillStyle = style.plate;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = style.line;
  context.stroke();
  context.fillStyle = style.text;
  context.textBaseline = 'middle';
  const middle = (y1 + y2) / 2 + 0.5;
  context.font = NAME_FONT;
  context.fillText(shown, x1 + LABEL_PADDING, middle);
  if (detail) {
    context.font = DETAIL_FONT;
    context.fillText(detail, x1 + LABEL_PADDING + nameWidth + DETAIL_GAP, middle);
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
