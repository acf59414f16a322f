import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MIN_TARGET, faceAt } from '../../js/faces/hit-test.js';

const placed = (track, box) => ({ face: { track }, box });
const hit = (faces, point) => faceAt(faces, point)?.face.track ?? null;

test('without faces there is nothing to hit', () => {
  assert.equal(hit([], [10, 10]), null);
});

test('a face is hit within its box, its rim included', () => {
  const faces = [placed(1, [100, 100, 200, 220])];
  assert.equal(hit(faces, [150, 160]), 1);
  assert.equal(hit(faces, [100, 220]), 1);
  assert.equal(hit(faces, [99, 160]), null);
  assert.equal(hit(faces, [150, 221]), null);
});

test('a face smaller than a finger is as easy to hit as one of that size', () => {
  const faces = [placed(1, [100, 100, 110, 110])];
  const rim = 105 + MIN_TARGET / 2;
  assert.equal(hit(faces, [rim, 105]), 1);
  assert.equal(hit(faces, [rim + 1, 105]), null);
});

test('a small face before a large one is hit, and so is the large one beside it', () => {
  const faces = [placed(1, [0, 0, 400, 400]), placed(2, [300, 300, 360, 360])];
  assert.equal(hit(faces, [330, 330]), 2);
  assert.equal(hit(faces, [100, 100]), 1);
});

test('between two that overlap, the nearer centre counts', () => {
  const faces = [placed(1, [0, 0, 100, 100]), placed(2, [60, 0, 160, 100])];
  assert.equal(hit(faces, [70, 50]), 1);
  assert.equal(hit(faces, [90, 50]), 2);
});

test('of two in the same place, the better detection is meant', () => {
  const faces = [placed(1, [0, 0, 100, 100]), placed(2, [0, 0, 100, 100])];
  assert.equal(hit(faces, [30, 30]), 1);
  assert.equal(hit(faces, [0, 0]), 1);
});
