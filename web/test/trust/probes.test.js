import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveAnswers, pageAnswers, TIMEOUT_MS } from '../../trust/probes.js';
import { FakeClock, settle } from '../fakes.js';

const PAGE = 'https://192.168.1.20:8443/reach';
const LIVE = 'wss://192.168.1.20:8443/reach';

/** A fetch that hangs until it is given up, as one to a machine that is not there. */
function hanging(url, { signal }) {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

class FakeSocket {
  closed = false;

  constructor(url) {
    this.url = url;
  }

  close() {
    this.closed = true;
  }
}

function tryLive() {
  const clock = new FakeClock();
  const sockets = [];
  const makeSocket = (url) => {
    sockets.push(new FakeSocket(url));
    return sockets.at(-1);
  };
  const answer = liveAnswers(LIVE, { makeSocket, clock });
  return { answer, clock, socket: sockets[0] };
}

test('https gets through when the server answers, and nothing is sent along', async () => {
  const asked = [];
  const clock = new FakeClock();
  const fetch = async (...args) => {
    asked.push(args);
    return { ok: true };
  };
  assert.equal(await pageAnswers(PAGE, { fetch, clock }), true);
  const [[url, options]] = asked;
  assert.equal(url, PAGE);
  assert.equal(options.credentials, 'omit');
  assert.equal(options.cache, 'no-store');
  assert.equal(clock.pending, 0);
});

test('https does not get through when the browser refuses, or the server does', async () => {
  const refused = async () => {
    throw new TypeError('Failed to fetch');
  };
  const clock = new FakeClock();
  assert.equal(await pageAnswers(PAGE, { fetch: refused, clock }), false);
  assert.equal(await pageAnswers(PAGE, { fetch: async () => ({ ok: false }), clock }), false);
  assert.equal(clock.pending, 0);
});

test('https that does not answer by then is given up', async () => {
  const clock = new FakeClock();
  const answer = pageAnswers(PAGE, { fetch: hanging, clock });
  clock.advance(TIMEOUT_MS);
  assert.equal(await answer, false);
});

test('wss gets through when a message comes, not when the socket opens', async () => {
  const { answer, clock, socket } = tryLive();
  let known = null;
  answer.then((answered) => (known = answered));
  assert.equal(socket.url, LIVE);
  socket.onopen?.();
  await settle();
  assert.equal(known, null);
  socket.onmessage({ data: 'reached' });
  socket.onclose({ code: 1000 });
  assert.equal(await answer, true);
  assert.equal(socket.closed, true);
  assert.equal(clock.pending, 0);
});

test('wss that is closed before a message does not get through', async () => {
  for (const end of ['onerror', 'onclose']) {
    const { answer, clock, socket } = tryLive();
    socket[end]({});
    assert.equal(await answer, false);
    assert.equal(clock.pending, 0);
  }
});

test('wss that says nothing by then is given up and closed', async () => {
  const { answer, clock, socket } = tryLive();
  clock.advance(TIMEOUT_MS);
  assert.equal(await answer, false);
  assert.equal(socket.closed, true);
});

test('a browser that makes no such socket does not get through', async () => {
  const clock = new FakeClock();
  const makeSocket = () => {
    throw new DOMException('not here', 'SecurityError');
  };
  assert.equal(await liveAnswers(LIVE, { makeSocket, clock }), false);
  assert.equal(clock.pending, 0);
});
