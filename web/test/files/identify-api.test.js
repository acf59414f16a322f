import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdentifyApi } from '../../js/files/identify-api.js';
import { answers } from '../fakes.js';

test('a photo is sent as it is', async () => {
  const answer = { width: 2, height: 1, faces: [] };
  const { ask, asked } = answers(answer);
  const photo = /** @type {any} */ ('a photo');
  assert.equal(await new IdentifyApi({ upload: ask }).identify(photo), answer);
  assert.deepEqual(asked, [['/api/identify', photo]]);
});
