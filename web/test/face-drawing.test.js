import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawFaces } from '../js/face-drawing.js';

/** Notes what is written, and how often something is painted; a letter is 8 pixels wide. */
class FakeContext {
  texts = [];
  strokes = 0;
  measureText = (text) => ({ width: 8 * text.length });
  fillText = (text, x, y) => this.texts.push({ text, x, y });
  stroke = () => (this.strokes += 1);
  beginPath() {}
  moveTo() {}
  lineTo() {}
  arcTo() {}
  closePath() {}
  fill() {}
}

const face = (track, name, box) => ({ face: { track, name, confidence: 0.9 }, box });
const ada = face(1, 'Ada', [20, 100, 80, 160]);
const somebody = face(2, null, [220, 100, 280, 160]);

function drawn(placed, marked) {
  const context = new FakeContext();
  drawFaces(/** @type {any} */ (context), placed, [400, 300], marked);
  return context;
}

test('nobody is nothing', () => {
  assert.deepEqual([drawn([]).texts, drawn([]).strokes], [[], 0]);
});

test('each face gets its label, the best one last', () => {
  const written = drawn([ada, somebody]).texts.map(({ text }) => text);
  assert.deepEqual(written, ['unknown', 'Ada', '90 %']);
});

test('the one that is meant has a mark of its own', () => {
  const plain = drawn([ada, somebody]).strokes;
  assert.equal(drawn([ada, somebody], 2).strokes, plain + 1);
  assert.equal(drawn([ada, somebody], 3).strokes, plain);
});

test('a face of a photo, which has no track, is never marked', () => {
  const { track, ...untracked } = ada.face;
  const { strokes } = drawn([{ face: untracked, box: ada.box }]);
  assert.equal(drawn([ada]).strokes, strokes);
});

test('a name that is too long for the picture is cut, and stays in it', () => {
  const [{ text, x }] = drawn([face(1, 'A'.repeat(99), [20, 100, 80, 160])]).texts;
  assert.match(text, /^A+…$/);
  assert.ok(x >= 0 && x + 8 * text.length < 400);
});
