import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LOOKS, drawFaces } from '../../js/faces/face-drawing.js';

/** A 2d context that notes what is stroked and written. Each letter is 8 pixels wide. */
class FakeContext {
  strokes = [];
  ellipses = [];
  texts = [];
  globalAlpha = 1;
  strokeStyle = '';

  beginPath() {}
  moveTo() {}
  lineTo() {}
  arcTo() {}
  closePath() {}
  fill() {}
  stroke() {
    this.strokes.push(this.strokeStyle);
    if (this.ellipse.now) this.ellipses.push({ ...this.ellipse.now, style: this.strokeStyle });
    this.ellipse.now = null;
  }
  ellipse = (x, y, radiusX, radiusY, turn, from, to) => {
    this.ellipse.now = { x, y, from, to };
  };
  measureText(text) {
    return { width: 8 * text.length };
  }
  fillText(text, x, y) {
    this.texts.push({ text, x, y, alpha: this.globalAlpha });
  }
}

const viewWh = [640, 480];
const box = [200, 150, 300, 270];
const known = { track: 1, name: 'Ada', confidence: 0.97 };
const unknown = { track: 2, name: null, confidence: 0 };

function draw(placed, options) {
  const context = new FakeContext();
  drawFaces(context, placed, viewWh, options);
  return context;
}

describe('drawFaces', () => {
  test('of no face draws nothing', () => {
    const { strokes, texts } = draw([]);
    assert.deepEqual([strokes, texts], [[], []]);
  });

  test('a known and an unknown face have their own line and label', () => {
    const { strokes, texts } = draw([
      { face: known, box },
      { face: unknown, box: [400, 150, 500, 270] },
    ]);
    assert.ok(strokes.includes(LOOKS.known.line) && strokes.includes(LOOKS.unknown.line));
    assert.deepEqual(texts.map(({ text }) => text), ['unknown', 'Ada', '97 %']);
  });

  test('who is captured has a ring in place of the box, filled by what was taken', () => {
    const capture = { accepted: 3, wanted: 10 };
    const { strokes, ellipses, texts } = draw([{ face: known, box, captured: true }], { capture });
    const filled = ellipses.find(({ style }) => style === LOOKS.captured.line);
    assert.ok(Math.abs((filled.to - filled.from) / (2 * Math.PI) - 0.3) < 1e-9);
    assert.equal(filled.from, -Math.PI / 2);
    assert.deepEqual([filled.x, filled.y], [250, 210]);
    assert.equal(strokes.includes(LOOKS.known.line), false);
    assert.deepEqual(texts.map(({ text }) => text), ['Capturing', '3 of 10']);
  });

  for (const [accepted, wanted] of [[0, 10], [0, 0]]) {
    test(`a ring of ${accepted} of ${wanted} is empty`, () => {
      const { ellipses } = draw([{ face: known, box, captured: true }], { capture: { accepted, wanted } });
      assert.equal(ellipses.some(({ style }) => style === LOOKS.captured.line), false);
      assert.ok(ellipses.length > 0);
    });
  }

  test('the face that is meant has a mark of its own; one of a photo has no track, and none', () => {
    const placed = [{ face: known, box }];
    const plain = draw(placed).strokes.length;
    assert.equal(draw(placed, { marked: 1 }).strokes.length, plain + 1);
    assert.equal(draw(placed, { marked: 2 }).strokes.length, plain);
    const { track, ...untracked } = known;
    assert.equal(draw([{ face: untracked, box }]).strokes.length, plain);
  });

  test('a name that is too long for the picture is cut, and stays in it', () => {
    const [{ text, x }] = draw([{ face: { ...known, name: 'A'.repeat(99) }, box }]).texts;
    assert.match(text, /^A+…$/);
    assert.ok(x >= 0 && x + 8 * text.length < viewWh[0]);
  });

  test('a face that was lost is drawn fainter, and what comes after is not', () => {
    const context = draw([{ face: unknown, box, alpha: 0.4 }]);
    assert.equal(context.texts[0].alpha, 0.4);
    assert.equal(context.globalAlpha, 1);
  });

  test('a label keeps clear of what lies over the picture, and remembers its place', () => {
    const places = new Map([[99, 3]]);
    const covered = [[190, 100, 320, 148]];
    const [{ y }] = draw([{ face: unknown, box }], { covered, places }).texts;
    assert.ok(y > box[3]);
    assert.deepEqual([...places], [[2, 1]]);
  });
});
