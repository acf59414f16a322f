import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_PHOTO_PIXELS, shrunkSize } from '../../js/files/photo-shrink.js';

test('a photo that is small enough stays as it is', () => {
  assert.deepEqual(shrunkSize([640, 480]), [640, 480]);
  assert.deepEqual(shrunkSize([2000, 1500]), [2000, 1500]);
});

test('a large one keeps its shape, in as many pixels as there may be', () => {
  for (const [width, height] of [
    [8000, 6000],
    [3000, 4000],
    [12000, 900],
  ]) {
    const [w, h] = shrunkSize([width, height]);
    assert.ok(w * h <= MAX_PHOTO_PIXELS);
    assert.ok(w * h > 0.98 * MAX_PHOTO_PIXELS);
    assert.ok(Math.abs(w / h / (width / height) - 1) < 0.01);
  }
});

test('no side vanishes', () => {
  assert.deepEqual(shrunkSize([100_000, 1], 100), [3162, 1]);
});
