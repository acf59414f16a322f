import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { FrameEncoder } from '../../js/camera/frame-encoder.js';

/** What is asked of the canvas, in the order in which it is. */
class FakeCanvas {
  drawn = [];
  encoded = [];
  static made = [];

  constructor(width, height) {
    Object.assign(this, { width, height });
    FakeCanvas.made.push(this);
  }

  getContext() {
    return { drawImage: (video, ...where) => this.drawn.push(where) };
  }

  async convertToBlob(options) {
    this.encoded.push(options);
    return new Blob([new Uint8Array([1, 2])]);
  }
}

describe('FrameEncoder', () => {
  const before = globalThis.OffscreenCanvas;
  beforeEach(() => {
    FakeCanvas.made = [];
    globalThis.OffscreenCanvas = FakeCanvas;
  });
  afterEach(() => {
    globalThis.OffscreenCanvas = before;
  });
  const video = (fields = {}) => ({ videoWidth: 1280, videoHeight: 720, readyState: 4, ...fields });

  test('makes each picture as wide and as good as it is told for this one', async () => {
    const encoder = new FrameEncoder(video());
    assert.deepEqual(await encoder.encode({ width: 640, quality: 80 }), new Uint8Array([1, 2]));
    await encoder.encode({ width: 320, quality: 55 });
    const [canvas] = FakeCanvas.made;
    assert.deepEqual(canvas.drawn, [[0, 0, 640, 360], [0, 0, 320, 180]]);
    assert.deepEqual(canvas.encoded, [
      { type: 'image/jpeg', quality: 0.8 },
      { type: 'image/jpeg', quality: 0.55 },
    ]);
    assert.deepEqual([canvas.width, canvas.height], [320, 180]);
  });

  test('without a camera picture there is none', async () => {
    for (const fields of [{ videoWidth: 0 }, { readyState: 1 }]) {
      const encoder = new FrameEncoder(video(fields));
      assert.equal(await encoder.encode({ width: 640, quality: 80 }), null);
    }
  });
});
