import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examplesText, shareText } from '../../js/texts/words.js';

test('numbers agree with their nouns', () => {
  assert.equal(examplesText(0), '0 examples');
  assert.equal(examplesText(1), '1 example');
  assert.equal(examplesText(10), '10 examples');
});

test('a share that is not known is a dash, not zero', () => {
  assert.deepEqual([null, 0, 0.334, 1].map(shareText), ['–', '0 %', '33 %', '100 %']);
});
