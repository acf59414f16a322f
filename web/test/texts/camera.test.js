import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cameraName } from '../../js/texts/camera.js';

test('a camera without a name has a number', () => {
  assert.equal(cameraName('USB camera', 2), 'USB camera');
  assert.equal(cameraName('', 2), 'Camera 2');
});
