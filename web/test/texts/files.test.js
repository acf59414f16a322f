import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERRORS } from '../../js/texts/errors.js';
import { fileErrorText, fileText } from '../../js/texts/files.js';

test('who is in a photo', () => {
  const told = (...names) =>
    fileText({ phase: 'told', fileName: '', faces: names.map((name) => ({ name })), problem: null });
  assert.equal(told(), 'No face was found.');
  assert.equal(told(null), '1 face: unknown.');
  assert.equal(told('Ada', null), '2 faces: Ada, unknown.');
  assert.equal(told(null, 'Ada', null, 'Bob'), '4 faces: Ada, Bob, 2 unknown.');
});

test('what is wrong with a photo does not speak of the camera', () => {
  for (const code of ['bad_picture', 'picture_too_large', 'message_too_big']) {
    assert.match(fileErrorText({ code }), /photo/);
    assert.doesNotMatch(fileErrorText({ code }), /camera/);
  }
  assert.equal(fileErrorText({ code: 'worker_failed' }), ERRORS.worker_failed);
});
