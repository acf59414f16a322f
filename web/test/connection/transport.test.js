import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TRY_AGAIN_MS, Transport } from '../../js/connection/transport.js';
import { FakeClock, settle } from '../fakes.js';

function setUp() {
  const clock = new FakeClock();
  const world = { ready: true, status: 200, away: false };
  const made = [];
  const transport = new Transport({
    clock,
    fetch: async () => {
      if (world.away) throw new TypeError('network');
      return { ok: world.status === 200, json: async () => ({ ready: world.ready }) };
    },
    makeSocket: (url, protocol) => {
      made.push(['socket', url, protocol]);
      return new EventTarget();
    },
    makeTunnel: (protocol) => {
      made.push(['tunnel', protocol]);
      return {};
    },
  });
  const make = () => transport.make('wss://example.test/ws', 'facestream.v1');
  /** A try that ends before the server has said a word. */
  const fail = async () => {
    make().dispatchEvent(new Event('close'));
    await settle();
  };
  return { transport, clock, world, made, make, fail };
}

describe('a way', () => {
  test('is a socket at first', () => {
    const { transport, made, make } = setUp();
    make();
    assert.equal(transport.kind, 'socket');
    assert.deepEqual(made, [['socket', 'wss://example.test/ws', 'facestream.v1']]);
  });

  test('that fails once may have failed by chance', async () => {
    const { transport, make, fail } = setUp();
    await fail();
    make();
    assert.equal(transport.kind, 'socket');
  });

  test('that fails twice in a row is blocked, and a tunnel takes its place', async () => {
    const { transport, made, make, fail } = setUp();
    await fail();
    await fail();
    make();
    assert.equal(transport.kind, 'tunnel');
    assert.deepEqual(made.at(-1), ['tunnel', 'facestream.v1']);
  });

  test('on which the server was heard is not blocked, however it ends', async () => {
    const { transport, make, fail } = setUp();
    for (let turn = 0; turn < 3; turn += 1) {
      await fail();
      const socket = make();
      socket.dispatchEvent(new Event('message'));
      socket.dispatchEvent(new Event('close'));
      await settle();
    }
    make();
    assert.equal(transport.kind, 'socket');
  });

  for (const [name, world] of [
    ['away', { away: true }],
    ['starting', { ready: false }],
    ['closed to us', { status: 401 }],
  ]) {
    test(`to a server that is ${name} is not to blame`, async () => {
      const setup = setUp();
      Object.assign(setup.world, world);
      for (let turn = 0; turn < 4; turn += 1) await setup.fail();
      setup.make();
      assert.equal(setup.transport.kind, 'socket');
    });
  }
});

describe('a blocked way', () => {
  test('is tried again after a minute, once', async () => {
    const { transport, clock, make, fail } = setUp();
    await fail();
    await fail();
    clock.advance(TRY_AGAIN_MS - 1);
    make();
    assert.equal(transport.kind, 'tunnel');
    clock.advance(1);
    await fail();
    assert.equal(transport.kind, 'socket');
    make();
    assert.equal(transport.kind, 'tunnel');
  });

  test('that is open again is used', async () => {
    const { transport, clock, make, fail } = setUp();
    await fail();
    await fail();
    clock.advance(TRY_AGAIN_MS);
    make().dispatchEvent(new Event('message'));
    make();
    assert.equal(transport.kind, 'socket');
  });
});
