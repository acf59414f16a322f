import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  CLOSE_HEADER,
  GIVE_UP_MS,
  MAX_REQUEST_BYTES,
  MAX_SENDING,
  Tunnel,
  packed,
  unpacked,
} from '../../js/connection/tunnel.js';
import { FakeClock, settle } from '../fakes.js';

const bytes = (...values) => new Uint8Array(values);
const listed = (messages) => messages.map((message) => [...new Uint8Array(message)]);

/** A tunnel, and the server's half: requests in their order, each answered by the test. */
function setUp({ open = true } = {}) {
  const clock = new FakeClock();
  const requests = [];
  const heard = [];
  const tunnel = new Tunnel('facestream.v1', {
    clock,
    fetch: (path, { method, body, signal, keepalive }) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new DOMException('left', 'AbortError')));
        requests.push({
          method,
          path,
          keepalive,
          messages: body && listed(unpacked(body.buffer)),
          aborted: () => signal.aborted,
          answer: (content = new ArrayBuffer(0), { status = 200, code = null } = {}) =>
            resolve({
              ok: status < 300,
              status,
              headers: new Headers(code === null ? {} : { [CLOSE_HEADER]: String(code) }),
              arrayBuffer: async () => content,
            }),
          fail: () => reject(new TypeError('network')),
        });
      }),
  });
  tunnel.onopen = () => heard.push(['open']);
  tunnel.onmessage = ({ data }) => heard.push(['message', ...new Uint8Array(data)]);
  tunnel.onclose = ({ code }) => heard.push(['close', code]);
  const opened = async () => {
    requests.shift().answer(new TextEncoder().encode('{"tunnel_id": "t1"}').buffer, { status: 201 });
    await settle();
  };
  const next = async () => {
    await settle();
    return requests.shift();
  };
  return open ? opened().then(() => ({ tunnel, clock, requests, heard, next })) :
    { tunnel, clock, requests, heard, next, opened };
}

describe('a body', () => {
  test('has the length before each message, as the server reads it', () => {
    assert.deepEqual([...packed([])], []);
    const body = packed([bytes(104, 105), bytes(), bytes(33)]);
    assert.deepEqual([...body], [0, 0, 0, 2, 104, 105, 0, 0, 0, 0, 0, 0, 0, 1, 33]);
    assert.deepEqual(listed(unpacked(body.buffer)), [[104, 105], [], [33]]);
    assert.deepEqual(unpacked(new ArrayBuffer(0)), []);
  });

  test('that ends within a message is refused', () => {
    for (const values of [[0], [0, 0, 0, 1], [255, 255, 255, 255]]) {
      assert.throws(() => unpacked(bytes(...values).buffer), RangeError);
    }
  });
});

describe('opening', () => {
  test('asks for the protocol, and is open when the server has named the tunnel', async () => {
    const { heard, requests, opened } = setUp({ open: false });
    const { method, path } = requests[0];
    assert.deepEqual([method, path], ['POST', '/api/tunnel?protocol=facestream.v1']);
    assert.deepEqual(heard, []);
    await opened();
    assert.deepEqual(heard, [['open']]);
  });

  test('that fails is a connection that broke', async () => {
    const { heard, requests } = setUp({ open: false });
    requests[0].answer(undefined, { status: 503 });
    await settle();
    assert.deepEqual(heard, [['close', 1006]]);
  });
});

describe('receiving', () => {
  test('asks for the messages after those that came', async () => {
    const { heard, next } = await setUp();
    const first = await next();
    assert.deepEqual([first.method, first.path], ['GET', '/api/tunnel/t1?first=0']);
    first.answer(packed([bytes(1), bytes(2)]).buffer);
    const second = await next();
    assert.equal(second.path, '/api/tunnel/t1?first=2');
    second.answer(); // a ping
    assert.equal((await next()).path, '/api/tunnel/t1?first=2');
    assert.deepEqual(heard, [['open'], ['message', 1], ['message', 2]]);
  });

  test('the last messages come before the close code', async () => {
    const { heard, next, requests, clock } = await setUp();
    (await next()).answer(packed([bytes(7)]).buffer, { code: 4410 });
    await settle();
    assert.deepEqual(heard, [['open'], ['message', 7], ['close', 4410]]);
    assert.equal(requests.length, 0);
    assert.equal(clock.pending, 0);
  });

  test('what comes after the page has left is not heard', async () => {
    const { tunnel, heard, next } = await setUp();
    tunnel.onmessage = () => {
      heard.push(['message']);
      tunnel.close(1000);
    };
    (await next()).answer(packed([bytes(1), bytes(2)]).buffer);
    await settle();
    assert.deepEqual(heard, [['open'], ['message'], ['close', 1000]]);
  });
});

describe('sending', () => {
  /** As many requests as may be under way, with one message each. */
  async function busy({ tunnel, next }) {
    await next(); // the one that waits
    const under = [];
    for (let n = 0; n < MAX_SENDING; n += 1) {
      tunnel.send(bytes(n));
      under.push(await next());
    }
    return under;
  }

  test('does not wait for the request before, which may be overtaken', async () => {
    const under = await busy(await setUp());
    assert.deepEqual(under.map(({ method, path }) => [method, path]), [
      ['POST', '/api/tunnel/t1?first=0'],
      ['POST', '/api/tunnel/t1?first=1'],
      ['POST', '/api/tunnel/t1?first=2'],
    ]);
    assert.deepEqual(under.map(({ messages }) => messages), [[[0]], [[1]], [[2]]]);
  });

  test('takes along in one request what came while there were enough', async () => {
    const tools = await setUp();
    const under = await busy(tools);
    tools.tunnel.send(bytes(8));
    tools.tunnel.send(bytes(9));
    await settle();
    assert.equal(tools.requests.length, 0);
    under[1].answer();
    const { path, messages } = await tools.next();
    assert.equal(path, '/api/tunnel/t1?first=3');
    assert.deepEqual(messages, [[8], [9]]);
    under[0].answer();
    await settle();
    assert.equal(tools.requests.length, 0);
    tools.tunnel.send(bytes(10));
    assert.equal((await tools.next()).path, '/api/tunnel/t1?first=5');
  });

  test('is divided where a request would be too large, but sends one message at least', async () => {
    const tools = await setUp();
    const under = await busy(tools);
    const large = new Uint8Array(MAX_REQUEST_BYTES);
    for (const message of [large, bytes(2), bytes(3)]) tools.tunnel.send(message);
    under[0].answer();
    const second = await tools.next();
    assert.equal(second.messages.length, 1);
    assert.equal(second.messages[0].length, MAX_REQUEST_BYTES);
    second.answer();
    assert.deepEqual((await tools.next()).messages, [[2], [3]]);
  });
});

describe('the end', () => {
  for (const [name, end] of [
    ['fails', (request) => request.fail()],
    ['is refused', (request) => request.answer(undefined, { status: 404 })],
    ['is answered by half a message', (request) => request.answer(bytes(0, 0, 0, 9).buffer)],
  ]) {
    test(`a tunnel of which a request ${name} is lost`, async () => {
      const { tunnel, heard, next, requests, clock } = await setUp();
      const asking = await next();
      tunnel.send(bytes(1));
      const sending = await next();
      end(asking);
      await settle();
      assert.deepEqual(heard, [['open'], ['close', 1006]]);
      assert.equal(sending.aborted(), true);
      tunnel.send(bytes(2));
      await settle();
      assert.equal(requests.length, 0);
      assert.equal(clock.pending, 0);
    });
  }

  test('a request that is not answered is given up', async () => {
    const { heard, clock, next } = await setUp();
    await next();
    clock.advance(GIVE_UP_MS);
    await settle();
    assert.deepEqual(heard, [['open'], ['close', 1006]]);
    assert.equal(clock.pending, 0);
  });

  test('a good-bye outlives the page', async () => {
    const { tunnel, heard, next } = await setUp();
    const asking = await next();
    tunnel.close(1000);
    assert.equal(asking.aborted(), true);
    const goodBye = await next();
    assert.deepEqual(
      [goodBye.method, goodBye.path, goodBye.keepalive],
      ['DELETE', '/api/tunnel/t1', true],
    );
    goodBye.fail(); // which is nobody's business
    tunnel.close(1000);
    await settle();
    assert.deepEqual(heard, [['open'], ['close', 1000]]);
  });

  test('without a code there is no good-bye, so that the session can be resumed', async () => {
    const { tunnel, heard, next, requests } = await setUp();
    await next();
    tunnel.close();
    await settle();
    assert.deepEqual(heard, [['open'], ['close', 1006]]);
    assert.equal(requests.length, 0);
  });
});
