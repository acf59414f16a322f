import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawnScale, namedFileName } from '../../js/files/annotated-picture.js';

test('lines and labels grow with a picture, so that they can be read on a screen', () => {
  assert.equal(drawnScale([640, 480]), 1);
  assert.equal(drawnScale([1280, 960]), 1);
  assert.equal(drawnScale([3000, 5120]), 4);
});

test('the copy is named after the file', () => {
  assert.equal(namedFileName('party.jpg'), 'party-named.jpg');
  assert.equal(namedFileName('my.party.HEIC'), 'my.party-named.jpg');
  assert.equal(namedFileName('party'), 'party-named.jpg');
  assert.equal(namedFileName('.jpg'), 'picture-named.jpg');
});
