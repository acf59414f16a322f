import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CameraPermission } from '../../js/camera/camera-permission.js';

describe('CameraPermission', () => {
  test('reads what the browser says, and tells when that changes', async () => {
    const status = Object.assign(new EventTarget(), { state: 'prompt' });
    const asked = [];
    const permission = new CameraPermission({
      query: async (descriptor) => {
        asked.push(descriptor);
        return status;
      },
    });
    const changes = [];
    permission.addEventListener('changed', ({ detail }) => changes.push(detail.state));
    assert.equal(await permission.read(), 'prompt');
    status.state = 'granted';
    status.dispatchEvent(new Event('change'));
    assert.deepEqual(changes, ['granted']);
    assert.equal(await permission.read(), 'granted');
    assert.deepEqual(asked, [{ name: 'camera' }]);
  });

  test('a browser that does not know of cameras tells nothing', async () => {
    const refusing = { query: async () => Promise.reject(new TypeError('camera')) };
    assert.equal(await new CameraPermission(refusing).read(), 'unknown');
    assert.equal(await new CameraPermission(null).read(), 'unknown');
  });
});
