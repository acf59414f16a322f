import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ACCEPT_TIMEOUT_MS,
  BACK_OFF_MS,
  Connection,
  DOUBT_MS,
  OPEN_TIMEOUT_MS,
  REQUEST_TIMEOUT_MS,
  SILENCE_MS,
} from '../../js/connection/connection.js';
import { FakeClock, FakeSocket, HELLO, settle } from '../fakes.js';

function setUp({ sessionStatus = 200 } = {}) {
  const clock = new FakeClock();
  const sockets = [];
  const events = [];
  const world = { sessionStatus };
  const connection = new Connection({
    url: 'wss://example.test/ws',
    client: 'test 1',
    clock,
    makeSocket: (url, protocol) => {
      const socket = new FakeSocket(url, protocol);
      sockets.push(socket);
      return socket;
    },
    fetch: async () => {
      if (world.sessionStatus === null) throw new TypeError('network');
      return { status: world.sessionStatus };
    },
    random: () => 0,
  });
  for (const type of ['state', 'hello', 'result', 'gallery', 'enrol_progress', 'frame_error', 'fault']) {
    connection.addEventListener(type, ({ detail }) => events.push([type, detail]));
  }
  const goLive = (hello = HELLO) => {
    connection.open();
    const socket = sockets.at(-1);
    socket.accept();
    socket.say(hello);
    return socket;
  };
  return {
    connection,
    clock,
    sockets,
    events,
    world,
    goLive,
    states: () => events.filter(([type]) => type === 'state').map(([, { state }]) => state),
    last: () => events.at(-1),
  };
}

const STARTED = { type: 'enrol_progress', seq: null, verdict: 'started', accepted: 0, wanted: 10, poses: {} };

describe('opening', () => {
  test('says hello first, and is live when the server has answered it', () => {
    const { connection, sockets, states } = setUp();
    connection.open();
    const [socket] = sockets;
    assert.equal(socket.protocol, 'facestream.v1');
    assert.equal(socket.binaryType, 'arraybuffer');
    socket.accept();
    assert.deepEqual(socket.sent, [{ type: 'hello', client: 'test 1', resume: null }]);
    assert.equal(connection.live, false);
    socket.say(HELLO);
    assert.equal(connection.live, true);
    assert.deepEqual(states(), ['connecting', 'live']);
  });

  test('the gallery is known before the page is told that it is live', () => {
    const { goLive, events } = setUp();
    goLive();
    assert.deepEqual(events.map(([type]) => type), ['state', 'hello', 'state']);
  });

  test('there is one socket at a time', () => {
    const { connection, sockets } = setUp();
    connection.open();
    connection.open();
    assert.equal(sockets.length, 1);
  });

  test('a server that does not say hello is given up', async () => {
    const { connection, clock, sockets, states } = setUp();
    connection.open();
    clock.advance(OPEN_TIMEOUT_MS);
    await settle();
    assert.notEqual(sockets[0].closedWith, null);
    assert.equal(states().at(-1), 'reconnecting');
  });
});

describe('requests', () => {
  test('each gets its own answer', async () => {
    const { connection, clock, goLive } = setUp();
    const socket = goLive();
    const one = connection.request('gallery_delete', { identity_id: 'a' });
    const two = connection.request('gallery_delete', { identity_id: 'b' });
    const [first, second] = socket.sent.slice(1).map((message) => message.request);
    assert.notEqual(first, second);
    socket.say({ type: 'ok', request: second });
    socket.say({
      type: 'error',
      code: 'no_such_identity',
      message: 'no',
      retryable: false,
      request: first,
    });
    assert.equal((await two).request, second);
    await assert.rejects(one, { name: 'RequestError', code: 'no_such_identity' });
    assert.equal(clock.pending, 0);
  });

  test('a capture has begun when it has started', async () => {
    const { connection, goLive } = setUp();
    const socket = goLive();
    const begun = connection.request('enrol_begin', { wanted: null });
    socket.say({ ...STARTED, verdict: 'accepted' });
    socket.say(STARTED);
    assert.equal((await begun).verdict, 'started');
  });

  test('a capture goes on when the server says so, as an answer or by starting', async () => {
    const { connection, goLive } = setUp();
    const socket = goLive();
    const first = connection.request('enrol_more', { keep: ['e1'] });
    socket.say({ type: 'ok', request: socket.sent.at(-1).request });
    await first;
    const second = connection.request('enrol_more', { keep: [] });
    socket.say(STARTED);
    assert.equal((await second).verdict, 'started');
  });

  test('why a face has its name is an answer', async () => {
    const { connection, goLive } = setUp();
    const socket = goLive();
    const why = connection.request('face_why', { track: 7 });
    const { request } = socket.sent.at(-1);
    socket.say({
      type: 'face_explained',
      request,
      track: 7,
      name: null,
      identity_id: null,
      similarity: 0.25,
      confidence: 0.5,
      reason: 'too_far',
      threshold: 0.5,
      lead_needed: 0.0,
      candidates: [],
      examples: [],
    });
    assert.equal((await why).threshold, 0.5);
  });

  test('a deletion is answered with how to take it back', async () => {
    const { connection, goLive } = setUp();
    const socket = goLive();
    const rejected = connection.request('face_reject', { track: 7, identity_id: 'a' });
    const undo = { undo_id: 'u', seconds: 60 };
    socket.say({ type: 'ok', request: socket.sent.at(-1).request, undo });
    assert.deepEqual((await rejected).undo, undo);
  });

  test('the fingerprint of another model refuses a capture', async () => {
    const { connection, goLive } = setUp();
    const socket = goLive();
    const begun = connection.request('enrol_begin');
    const { request } = socket.sent.at(-1);
    socket.say({ type: 'error', code: 'fingerprint_mismatch', message: 'no', retryable: false, request });
    await assert.rejects(begun, { code: 'fingerprint_mismatch' });
  });

  test('end in an error when the connection is lost, and at once when there is none', async () => {
    const { connection, goLive } = setUp();
    await assert.rejects(connection.request('enrol_cancel'), { code: 'connection_lost' });
    const socket = goLive();
    const lost = connection.request('enrol_cancel');
    socket.end(1006);
    await assert.rejects(lost, { code: 'connection_lost' });
  });

  test('end in an error when there is no answer; a late one means nothing', async () => {
    const { connection, clock, goLive } = setUp();
    const socket = goLive();
    const late = connection.request('enrol_cancel');
    clock.advance(REQUEST_TIMEOUT_MS);
    await assert.rejects(late, { code: 'no_answer' });
    socket.say({ type: 'ok', request: socket.sent.at(-1).request });
  });

  test('a message that cannot be encoded waits for nothing', async () => {
    const { connection, clock, goLive } = setUp();
    goLive();
    await assert.rejects(connection.request('nonsense'), { name: 'ProtocolError' });
    assert.equal(clock.pending, 0);
  });
});

describe('messages', () => {
  test('an error of a frame, and an error of nothing', () => {
    const { goLive, last } = setUp();
    const socket = goLive();
    const error = { type: 'error', code: 'bad_picture', message: 'no', retryable: false };
    socket.say({ ...error, seq: 7, request: null });
    assert.equal(last()[0], 'frame_error');
    assert.equal(last()[1].seq, 7);
    assert.equal(last()[1].error.code, 'bad_picture');
    socket.say({ ...error, seq: null, request: null });
    assert.equal(last()[0], 'fault');
  });

  test('one that cannot be read is reported, and the session goes on', () => {
    const { connection, goLive, last } = setUp();
    const socket = goLive();
    socket.onmessage({ data: new ArrayBuffer(3) });
    assert.equal(last()[0], 'fault');
    assert.equal(connection.live, true);
  });

  test('frames go out only while it is live', () => {
    const { connection, goLive } = setUp();
    const frame = { seq: 0, capturedMs: 1.5, jpeg: new Uint8Array([1, 2]) };
    assert.equal(connection.sendFrame(frame), false);
    const socket = goLive();
    assert.equal(connection.sendFrame(frame), true);
    assert.deepEqual(socket.sent.at(-1), {
      type: 'frame',
      seq: 0,
      captured_ms: 1.5,
      jpeg: new Uint8Array([1, 2]),
    });
  });

  test('silence while frames are sent is a dead path', () => {
    const { connection, clock, goLive, states } = setUp();
    const socket = goLive();
    const frame = { seq: 0, capturedMs: 1.5, jpeg: new Uint8Array([1]) };
    clock.advance(10 * SILENCE_MS); // no frame was sent: this is no silence
    assert.equal(connection.sendFrame(frame), true);
    clock.advance(SILENCE_MS);
    socket.say({ type: 'dropped', seq: 0, reason: 'superseded' });
    clock.advance(1);
    assert.equal(connection.sendFrame(frame), true);
    clock.advance(SILENCE_MS + 1);
    assert.equal(connection.sendFrame(frame), false);
    assert.notEqual(socket.closedWith, null);
    assert.equal(states().at(-1), 'reconnecting');
  });
});

describe('reconnecting', () => {
  test('counts down, and tries again', () => {
    const { clock, sockets, goLive, events, last } = setUp();
    goLive().end(1001);
    assert.deepEqual(last(), ['state', { state: 'reconnecting', retryInS: 1, reason: null }]);
    clock.advance(BACK_OFF_MS[0]);
    assert.equal(sockets.length, 2);
    assert.equal(last()[1].retryInS, null);
    assert.ok(events.length > 0);
  });

  test('waits longer each time, up to a limit, and starts over when it was live', async () => {
    const { clock, sockets, world, connection } = setUp({ sessionStatus: null });
    connection.open();
    for (const waitMs of [...BACK_OFF_MS, BACK_OFF_MS.at(-1)]) {
      const before = sockets.length;
      sockets.at(-1).end(1006);
      await settle();
      clock.advance(waitMs - 1);
      assert.equal(sockets.length, before, `tried before ${waitMs} ms`);
      clock.advance(1);
      assert.equal(sockets.length, before + 1, `not tried after ${waitMs} ms`);
    }
    world.sessionStatus = 200;
    sockets.at(-1).accept();
    sockets.at(-1).say(HELLO);
    const before = sockets.length;
    sockets.at(-1).end(1006);
    clock.advance(BACK_OFF_MS[0]);
    assert.equal(sockets.length, before + 1);
  });

  test('shows every second of a long wait', async () => {
    const { clock, sockets, connection, events } = setUp({ sessionStatus: null });
    connection.open();
    for (const waitMs of BACK_OFF_MS.slice(0, 3)) {
      sockets.at(-1).end(1006);
      await settle();
      clock.advance(waitMs);
    }
    events.length = 0;
    sockets.at(-1).end(1006);
    clock.advance(1799);
    assert.deepEqual(events.map(([, detail]) => detail.retryInS), [2, 1]);
  });

  test('a try that is not accepted is given up soon, but every fourth one waits for slow networks', async () => {
    const { clock, sockets, goLive } = setUp();
    goLive().end(1006);
    const waited = [];
    for (let tries = 0; tries < 5; tries += 1) {
      clock.advance(BACK_OFF_MS[Math.min(tries, BACK_OFF_MS.length - 1)]);
      const began = clock.now();
      while (sockets.at(-1).closedWith === null) clock.advance(100);
      waited.push(clock.now() - began);
      await settle();
    }
    const [soon, late] = [ACCEPT_TIMEOUT_MS, OPEN_TIMEOUT_MS];
    assert.deepEqual(waited, [soon, soon, soon, late, soon]);
  });

  test('a try that is accepted may wait for its hello: the server is warming up', () => {
    const { clock, sockets, goLive } = setUp();
    goLive().end(1006);
    clock.advance(BACK_OFF_MS[0]);
    clock.advance(ACCEPT_TIMEOUT_MS - 1);
    sockets[1].accept();
    clock.advance(OPEN_TIMEOUT_MS - 1);
    assert.equal(sockets[1].closedWith, null);
    clock.advance(1);
    assert.notEqual(sockets[1].closedWith, null);
  });

  test('when the network is back, a try that was begun without it is begun anew at once', () => {
    const { connection, clock, sockets, goLive } = setUp();
    goLive().end(1006);
    clock.advance(BACK_OFF_MS[0]);
    connection.networkIsBack();
    assert.notEqual(sockets[1].closedWith, null);
    assert.equal(sockets.length, 3);
    sockets[2].accept();
    sockets[2].say(HELLO);
    assert.ok(connection.live);
    clock.advance(2 * OPEN_TIMEOUT_MS);
    assert.ok(connection.live);
  });

  test('when the network is back, a live connection has to give a sign soon', () => {
    const { connection, clock, sockets, goLive } = setUp();
    const socket = goLive();
    const frame = { seq: 0, capturedMs: 0, jpeg: new Uint8Array(1) };
    connection.networkIsBack();
    clock.advance(DOUBT_MS);
    assert.ok(connection.sendFrame(frame));
    socket.say({ type: 'dropped', seq: 0, reason: 'superseded' });
    clock.advance(DOUBT_MS + 1);
    assert.ok(connection.sendFrame({ ...frame, seq: 1 }));
    connection.networkIsBack();
    clock.advance(DOUBT_MS + 1);
    assert.equal(connection.sendFrame({ ...frame, seq: 2 }), false);
    assert.equal(sockets.length, 1);
    clock.advance(BACK_OFF_MS[0]);
    assert.equal(sockets.length, 2);
  });

  test('does not wait when asked to open', () => {
    const { connection, clock, sockets, goLive } = setUp();
    goLive().end(1001);
    connection.open();
    assert.equal(sockets.length, 2);
    clock.advance(BACK_OFF_MS[0]);
    assert.equal(sockets.length, 2);
  });

  test('what an old socket still says is not heard', () => {
    const { connection, clock, sockets, goLive } = setUp();
    const old = goLive();
    connection.sendFrame({ seq: 0, capturedMs: 0, jpeg: new Uint8Array([1]) });
    clock.advance(SILENCE_MS + 1);
    connection.sendFrame({ seq: 1, capturedMs: 0, jpeg: new Uint8Array([1]) });
    clock.advance(BACK_OFF_MS[0]);
    sockets[1].accept();
    sockets[1].say(HELLO);
    old.end(1006);
    assert.equal(connection.live, true);
  });
});

describe('resuming', () => {
  /** What the newest socket asks for in its hello. */
  const asked = (sockets) => {
    sockets.at(-1).accept();
    return sockets.at(-1).sent[0].resume;
  };

  test('a session whose connection was lost is asked for', () => {
    const { clock, sockets, goLive } = setUp();
    goLive().end(1006);
    clock.advance(BACK_OFF_MS[0]);
    assert.equal(asked(sockets), 's1');
  });

  test('a session whose path went dead is asked for', () => {
    const { connection, clock, sockets, goLive } = setUp();
    goLive();
    connection.sendFrame({ seq: 0, capturedMs: 0, jpeg: new Uint8Array([1]) });
    clock.advance(SILENCE_MS + 1);
    connection.sendFrame({ seq: 1, capturedMs: 0, jpeg: new Uint8Array([1]) });
    clock.advance(BACK_OFF_MS[0]);
    assert.equal(asked(sockets), 's1');
  });

  test('it is asked for until there is an answer', async () => {
    const { clock, sockets, goLive } = setUp();
    goLive().end(1006);
    clock.advance(BACK_OFF_MS[0]);
    sockets.at(-1).end(1006); // the server is not there yet
    await settle();
    clock.advance(BACK_OFF_MS[1]);
    assert.equal(asked(sockets), 's1');
  });

  test('after a session that did not come back, the new one is the one to ask for', () => {
    const { clock, sockets, goLive } = setUp();
    goLive().end(1006);
    goLive({ ...HELLO, session_id: 's2' }).end(1006);
    clock.advance(BACK_OFF_MS[0]);
    assert.equal(asked(sockets), 's2');
  });

  test('a session that came back is asked for the next time, too', () => {
    const { sockets, goLive, connection } = setUp();
    goLive().end(1006);
    goLive({ ...HELLO, resumed: true }).end(1006);
    connection.open();
    assert.equal(asked(sockets), 's1');
  });

  test('a session that was left is not asked for', () => {
    const { connection, sockets, goLive } = setUp();
    goLive();
    connection.close();
    connection.open();
    assert.equal(asked(sockets), null);
  });

  test('a session that rests is over: the next one is new', () => {
    const { connection, sockets, goLive } = setUp();
    goLive().end(4410);
    connection.open();
    assert.equal(asked(sockets), null);
  });

  test('the page learns from hello whether the session came back', () => {
    const { events, goLive } = setUp();
    goLive().end(1006);
    goLive({ ...HELLO, resumed: true });
    const hellos = events.filter(([type]) => type === 'hello');
    assert.deepEqual(hellos.map(([, { resumed }]) => resumed), [false, true]);
  });
});

describe('leaving', () => {
  const error = { type: 'error', message: 'The server says so.', retryable: true };

  test('that the server is being stopped is told, before it is waited for', () => {
    const { clock, sockets, goLive, events } = setUp();
    const socket = goLive();
    events.length = 0;
    socket.say({ ...error, code: 'shutting_down' });
    socket.end(1001);
    assert.deepEqual(events.map(([type, { code, state }]) => [type, code ?? state]), [
      ['fault', 'shutting_down'],
      ['state', 'reconnecting'],
    ]);
    clock.advance(BACK_OFF_MS[0]);
    assert.equal(sockets.length, 2);
  });

  for (const [code, reason] of [
    ['idle', 4410],
    ['resumed_elsewhere', 4409],
  ]) {
    test(`${code} is said by the close code alone`, () => {
      const { goLive, events } = setUp();
      const socket = goLive();
      events.length = 0;
      socket.say({ ...error, code });
      socket.end(reason);
      assert.deepEqual(events.map(([type]) => type), ['state']);
    });
  }

  test('a session that rests waits to be opened, without a timer', async () => {
    const { connection, clock, sockets, goLive } = setUp();
    goLive().end(4410);
    await settle();
    assert.equal(clock.pending, 0);
    assert.equal(connection.over, false);
    connection.open();
    assert.equal(sockets.length, 2);
  });

  test('it is over only when opening would not help', () => {
    for (const [code, over] of [[1006, false], [4410, false], [4409, true], [4406, true]]) {
      const { connection, goLive } = setUp();
      const socket = goLive();
      assert.equal(connection.over, false);
      socket.end(code);
      assert.equal(connection.over, over, String(code));
    }
  });

  test('a server that is full is tried again, less and less often', async () => {
    const { connection, clock, sockets } = setUp();
    connection.open();
    for (const waitMs of BACK_OFF_MS) {
      sockets.at(-1).accept();
      sockets.at(-1).say({ ...error, code: 'overloaded' });
      sockets.at(-1).end(1013);
      await settle();
      const before = sockets.length;
      clock.advance(waitMs - 1);
      assert.equal(sockets.length, before);
      clock.advance(1);
      assert.equal(sockets.length, before + 1);
    }
  });

  test('an address that connects too often is tried again', async () => {
    const { connection, clock, sockets } = setUp({ sessionStatus: 429 });
    connection.open();
    sockets[0].end(1006); // all that a browser tells of a refused upgrade
    await settle();
    assert.equal(connection.state, 'reconnecting');
    clock.advance(BACK_OFF_MS[0]);
    assert.equal(sockets.length, 2);
  });
});

describe('no access and faults', () => {
  test('a refused upgrade with 401 at the session address is no access', async () => {
    const { connection, clock, sockets, last } = setUp({ sessionStatus: 401 });
    connection.open();
    sockets[0].end(1006);
    await settle();
    assert.equal(last()[1].state, 'denied');
    clock.advance(60_000);
    assert.equal(sockets.length, 1);
  });

  test('after the link was opened it connects again', async () => {
    const { connection, sockets, goLive } = setUp({ sessionStatus: 401 });
    connection.open();
    sockets[0].end(1006);
    await settle();
    goLive();
    assert.equal(connection.state, 'live');
  });

  test('a refused upgrade with access is tried again', async () => {
    const { connection, sockets, last } = setUp({ sessionStatus: 200 });
    connection.open();
    sockets[0].end(1006);
    await settle();
    assert.equal(last()[1].state, 'reconnecting');
  });

  for (const [code, reason] of [
    [1000, 'fault'],
    [4400, 'fault'],
    [4406, 'version'],
    [4409, 'elsewhere'],
    [4410, 'idle'],
  ]) {
    test(`${code} stays closed`, async () => {
      const { clock, sockets, goLive, last } = setUp();
      goLive().end(code);
      await settle();
      assert.deepEqual(last(), ['state', { state: 'closed', retryInS: null, reason }]);
      clock.advance(60_000);
      assert.equal(sockets.length, 1);
    });
  }

  test('4401 means that there is no access, and is not tried again', async () => {
    const { clock, sockets, goLive, last } = setUp();
    goLive().end(4401);
    await settle();
    assert.equal(last()[1].state, 'denied');
    clock.advance(60_000);
    assert.equal(sockets.length, 1);
  });

  for (const code of [1001, 1006, 1009, 1011, 4408]) {
    test(`${code} reconnects`, () => {
      const { clock, sockets, goLive } = setUp();
      goLive().end(code);
      clock.advance(BACK_OFF_MS[0]);
      assert.equal(sockets.length, 2);
    });
  }

  test('close leaves for good', async () => {
    const { connection, clock, sockets, goLive } = setUp();
    const socket = goLive();
    const waiting = connection.request('enrol_cancel');
    connection.close();
    assert.equal(socket.closedWith, 1000);
    await assert.rejects(waiting, { code: 'connection_lost' });
    socket.end(1000);
    clock.advance(60_000);
    assert.equal(sockets.length, 1);
    assert.equal(clock.pending, 0);
  });
});
