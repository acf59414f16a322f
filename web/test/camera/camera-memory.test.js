import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CameraMemory } from '../../js/camera/camera-memory.js';

function fakeStorage(values = {}) {
  const kept = new Map(Object.entries(values));
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
  };
}

describe('CameraMemory', () => {
  test('knows nothing on the first visit', () => {
    const memory = new CameraMemory(() => fakeStorage());
    assert.equal(memory.choice, null);
    assert.equal(memory.started, false);
  });

  test('knows on the next visit what was chosen, and that a camera was started', () => {
    const storage = fakeStorage();
    const memory = new CameraMemory(() => storage);
    memory.choose({ deviceId: 'a' });
    memory.noteStarted();
    const next = new CameraMemory(() => storage);
    assert.deepEqual(next.choice, { deviceId: { ideal: 'a' } });
    assert.equal(next.started, true);
  });

  test('of a phone it keeps the side', () => {
    const storage = fakeStorage();
    const phone = new CameraMemory(() => storage);
    phone.choose({ deviceId: 'a', facingMode: 'environment' });
    assert.deepEqual(phone.choice, { facingMode: { ideal: 'environment' } });
  });

  for (const text of ['', 'nonsense', 'null', '7', '{"deviceId": 7}', '[]']) {
    test(`what makes no sense is no choice: ${text}`, () => {
      const memory = new CameraMemory(() => fakeStorage({ 'facestream.camera': text }));
      assert.equal(memory.choice, null);
    });
  }

  test('a browser that keeps nothing does no harm', () => {
    const memory = new CameraMemory(() => {
      throw new Error('denied');
    });
    memory.choose({ deviceId: 'a' });
    memory.noteStarted();
    assert.equal(memory.choice, null);
    assert.equal(memory.started, false);
  });
});
