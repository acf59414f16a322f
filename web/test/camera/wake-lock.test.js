import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WakeLock } from '../../js/camera/wake-lock.js';

class FakeLock extends EventTarget {
  released = false;
  async release() {
    this.released = true;
    this.dispatchEvent(new Event('release'));
  }
}

function setUp({ error = null } = {}) {
  const given = [];
  const locks = {
    async request(kind) {
      assert.equal(kind, 'screen');
      if (error) throw error;
      given.push(new FakeLock());
      return given.at(-1);
    },
  };
  return { lock: new WakeLock(locks), given };
}

describe('WakeLock', () => {
  test('is held while it is wanted, once', async () => {
    const { lock, given } = setUp();
    await Promise.all([lock.keep(true), lock.keep(true)]);
    await lock.keep(true);
    assert.deepEqual(given.map(({ released }) => released), [false]);
    await lock.keep(false);
    assert.deepEqual(given.map(({ released }) => released), [true]);
  });

  test('is asked for again when the browser took it away', async () => {
    const { lock, given } = setUp();
    await lock.keep(true);
    await given[0].release();
    await lock.keep(true);
    assert.equal(given.length, 2);
    assert.equal(given[1].released, false);
  });

  test('is given back when it comes too late', async () => {
    const { lock, given } = setUp();
    const asked = lock.keep(true);
    await lock.keep(false);
    await asked;
    assert.equal(given[0].released, true);
  });

  test('a browser that refuses it or has none does no harm', async () => {
    const { lock } = setUp({ error: new Error('low battery') });
    await lock.keep(true);
    await lock.keep(false);
    await new WakeLock(null).keep(true);
  });
});
