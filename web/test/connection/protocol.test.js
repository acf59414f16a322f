import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import {
  CLIENT_MESSAGES,
  ProtocolError,
  SERVER_MESSAGES,
  SUBPROTOCOL,
  decode,
  encode,
} from '../../js/connection/protocol.js';

const GOLDEN = new URL('../../../tests/golden/protocol_v1.json', import.meta.url);
const golden = JSON.parse(await readFile(GOLDEN, 'utf8'), (key, value) =>
  typeof value?.$bin === 'string' ? fromHex(value.$bin) : value,
);

function fromHex(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

describe('golden messages, which the Python tests read, too', () => {
  test('there are messages of every type', () => {
    const types = (direction) =>
      new Set(
        golden.filter((one) => one.direction === direction).map((one) => one.fields.type),
      );
    assert.deepEqual([...types('client')].sort(), Object.keys(CLIENT_MESSAGES).sort());
    assert.deepEqual([...types('server')].sort(), Object.keys(SERVER_MESSAGES).sort());
  });

  for (const { name, direction, fields, hex } of golden) {
    const schema = direction === 'client' ? CLIENT_MESSAGES : SERVER_MESSAGES;

    test(`bytes of the ${direction} become fields: ${name}`, () => {
      assert.deepEqual(decode(fromHex(hex), schema), fields);
    });

    if (direction === 'client') {
      test(`fields become bytes and fields again: ${name}`, () => {
        assert.deepEqual(decode(encode(fields), schema), fields);
      });
    }
  }
});

describe('decode', () => {
  test('reads an ArrayBuffer, as a socket gives it', () => {
    // fixmap 2, "type": "ok", "request": 5
    const bytes = fromHex('82a474797065a26f6ba77265717565737405');
    assert.deepEqual(decode(bytes.buffer), { type: 'ok', request: 5 });
  });

  test('keeps fields that are not known', () => {
    const bytes = fromHex('83a474797065a26f6ba77265717565737405a46d6f7265c3');
    assert.equal(decode(bytes).more, true);
  });

  for (const [what, bytes] of [
    ['nothing', ''],
    ['half a message', '82a474797065'],
    ['more than a message', '81a474797065a26f6b00'],
    ['a list', '90'],
    ['nil', 'c0'],
    ['a map without type', '80'],
    ['an unknown type', '81a474797065a26e6f'],
    ['a type that every object has', `81a474797065ab${Buffer.from('constructor').toString('hex')}`],
    ['a field of the wrong kind', '82a474797065a26f6ba772657175657374a135'],
    ['a missing field', '81a474797065a26f6b'],
  ]) {
    test(`refuses ${what}`, () => {
      assert.throws(() => decode(fromHex(bytes)), ProtocolError);
    });
  }

  test('refuses text', () => {
    assert.throws(() => decode('{"type": "ok"}'), ProtocolError);
  });

  test('refuses a message of the client', () => {
    assert.throws(() => decode(encode({ type: 'enrol_cancel', request: 1 })), ProtocolError);
  });
});

describe('encode', () => {
  test('makes the bytes of the contract', () => {
    assert.deepEqual(
      Uint8Array.from(encode({ type: 'enrol_cancel', request: 4 })),
      fromHex('82a474797065ac656e726f6c5f63616e63656ca77265717565737404'),
    );
  });

  test('leaves out what is undefined', () => {
    const bytes = encode({ type: 'enrol_begin', request: 1, wanted: undefined });
    assert.deepEqual(decode(bytes, CLIENT_MESSAGES), { type: 'enrol_begin', request: 1 });
  });

  test('refuses what the server would refuse', () => {
    assert.throws(() => encode({ type: 'nonsense' }), ProtocolError);
    assert.throws(() => encode({ type: 'frame', seq: 0, captured_ms: 1 }), ProtocolError);
    assert.throws(
      () => encode({ type: 'enrol_commit', request: 1, display_name: null }),
      ProtocolError,
    );
  });
});

test('the subprotocol names the version', () => {
  assert.equal(SUBPROTOCOL, 'facestream.v1');
});
