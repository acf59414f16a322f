import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FrameWindow, GIVE_UP_MS, Streamer, videoTicks } from '../js/streamer.js';
import { FakeClock, settle } from './fakes.js';

describe('FrameWindow', () => {
  const slow = { maxFramesPerSecond: 1000 };

  test('allows as many unanswered frames as its size', () => {
    const window = new FrameWindow({ size: 2, ...slow });
    assert.equal(window.allows(0), true);
    window.sent(0, 0);
    assert.equal(window.allows(10), true);
    window.sent(1, 10);
    assert.equal(window.allows(20), false);
    assert.equal(window.answered(0), true);
    assert.equal(window.allows(30), true);
  });

  test('an answer counts once', () => {
    const window = new FrameWindow({ size: 1, ...slow });
    window.sent(0, 0);
    assert.equal(window.answered(0), true);
    assert.equal(window.answered(0), false);
    assert.equal(window.answered(99), false);
    assert.equal(window.unanswered, 0);
  });

  test('gives up a frame that stays unanswered', () => {
    const window = new FrameWindow({ size: 1, ...slow });
    window.sent(0, 0);
    assert.equal(window.allows(GIVE_UP_MS), false);
    assert.equal(window.allows(GIVE_UP_MS + 1), true);
    assert.equal(window.answered(0), false);
  });

  test('a new session starts with nothing unanswered', () => {
    const window = new FrameWindow({ size: 1, ...slow });
    window.sent(0, 0);
    window.reset(2);
    assert.equal(window.unanswered, 0);
    window.sent(1, 10);
    assert.equal(window.allows(20), true);
  });

  test('a window of nothing would never send: one frame is the least', () => {
    const window = new FrameWindow(slow);
    window.reset(0);
    assert.equal(window.allows(0), true);
  });

  /** Frames of ten seconds, each answered at once. */
  const framesIn10s = (cameraFps, jitterMs = 0) => {
    const window = new FrameWindow({ size: 2 });
    let frames = 0;
    for (let n = 0; n < 10 * cameraFps; n += 1) {
      const nowMs = (n * 1000) / cameraFps + (n % 2) * jitterMs;
      if (!window.allows(nowMs)) continue;
      window.sent(n, nowMs);
      window.answered(n);
      frames += 1;
    }
    return frames;
  };

  test('never sends more than 15 frames a second', () => {
    for (const fps of [15, 20, 24, 25, 30, 50, 60, 120]) {
      const frames = framesIn10s(fps);
      assert.ok(frames <= 151, `${frames} frames in 10 s of a ${fps} fps camera`);
    }
  });

  test('reaches 15 frames a second with pictures that come unevenly', () => {
    for (const [fps, jitterMs] of [[30, 0], [30, 5], [60, 3], [25, 0]]) {
      const frames = framesIn10s(fps, jitterMs);
      assert.ok(frames >= 145, `${frames} frames in 10 s of a ${fps} fps camera`);
    }
  });
});

describe('Streamer', () => {
  function setUp({ size = 2 } = {}) {
    const clock = new FakeClock();
    const sent = [];
    const errors = [];
    const encodes = [];
    const world = { tick: null, connected: true };
    const streamer = new Streamer({
      clock,
      encode: () => new Promise((resolve, reject) => encodes.push({ resolve, reject })),
      send: (frame) => world.connected && Boolean(sent.push(frame)),
      ticks: (onTick) => {
        world.tick = onTick;
        return () => {
          world.tick = null;
        };
      },
      onError: (error) => errors.push(error),
    });
    const start = () => {
      streamer.setCondition('visible', true);
      streamer.setCondition('camera', true);
      streamer.connected(size);
    };
    /** One camera picture comes, and is encoded at once. */
    const picture = async (jpeg = new Uint8Array([1])) => {
      clock.advance(100);
      world.tick?.();
      encodes.pop()?.resolve(jpeg);
      await settle();
    };
    return { streamer, clock, sent, errors, encodes, world, start, picture };
  }

  test('runs only while connected, with a camera, and visible', () => {
    const { streamer, world, start } = setUp();
    assert.equal(world.tick, null);
    start();
    assert.notEqual(world.tick, null);
    for (const condition of ['connected', 'camera', 'visible']) {
      streamer.setCondition(condition, false);
      assert.equal(world.tick, null, condition);
      streamer.setCondition(condition, true);
      assert.notEqual(world.tick, null, condition);
    }
  });

  test('numbers the frames and says when they were taken', async () => {
    const { sent, start, picture } = setUp();
    start();
    await picture();
    await picture();
    assert.deepEqual(
      sent.map(({ seq, capturedMs }) => [seq, capturedMs]),
      [[0, 100], [1, 200]],
    );
  });

  test('passes over pictures while the window is full, and goes on with an answer', async () => {
    const { streamer, sent, start, picture } = setUp({ size: 2 });
    start();
    for (let n = 0; n < 5; n += 1) await picture();
    assert.equal(sent.length, 2);
    streamer.answered(1);
    await picture();
    assert.deepEqual(sent.map((frame) => frame.seq), [0, 1, 2]);
  });

  test('never stalls when the server does not answer', async () => {
    const { clock, sent, start, picture } = setUp({ size: 2 });
    start();
    for (let n = 0; n < 5; n += 1) await picture();
    clock.advance(GIVE_UP_MS);
    await picture();
    assert.equal(sent.length, 3);
  });

  test('encodes one picture at a time', async () => {
    const { clock, encodes, world, start } = setUp();
    start();
    clock.advance(100);
    world.tick();
    clock.advance(100);
    world.tick();
    assert.equal(encodes.length, 1);
  });

  test('a frame that was encoded too late is not sent', async () => {
    const { streamer, clock, sent, encodes, world, start } = setUp();
    start();
    clock.advance(100);
    world.tick();
    streamer.setCondition('connected', false);
    encodes.pop().resolve(new Uint8Array([1]));
    await settle();
    assert.deepEqual(sent, []);
  });

  test('no picture is no frame', async () => {
    const { sent, start, picture } = setUp();
    start();
    await picture(null);
    await picture();
    assert.deepEqual(sent.map((frame) => frame.seq), [0]);
  });

  test('a frame that found no connection takes no place', async () => {
    const { streamer, sent, world, start, picture } = setUp({ size: 1 });
    start();
    world.connected = false;
    await picture();
    world.connected = true;
    await picture();
    assert.equal(sent.length, 1);
    assert.equal(streamer.nextSeq, 1);
  });

  test('an encoder that fails is reported, and tried again', async () => {
    const { clock, sent, errors, encodes, world, start, picture } = setUp();
    start();
    clock.advance(100);
    world.tick();
    encodes.pop().reject(new Error('no memory'));
    await settle();
    assert.equal(errors.length, 1);
    await picture();
    assert.equal(sent.length, 1);
  });

  test('goes on counting after a reconnect', async () => {
    const { streamer, sent, start, picture } = setUp();
    start();
    await picture();
    streamer.setCondition('connected', false);
    streamer.connected(2);
    await picture();
    assert.deepEqual(sent.map((frame) => frame.seq), [0, 1]);
  });
});

describe('videoTicks', () => {
  function setUp() {
    const clock = new FakeClock();
    const callbacks = new Map();
    let nextHandle = 1;
    const video = {
      requestVideoFrameCallback(callback) {
        callbacks.set(nextHandle, callback);
        return nextHandle++;
      },
      cancelVideoFrameCallback: (handle) => callbacks.delete(handle),
    };
    let ticks = 0;
    const stop = videoTicks(video, () => (ticks += 1), clock);
    const frame = () => {
      const [[handle, callback]] = callbacks;
      callbacks.delete(handle);
      callback();
    };
    return { clock, callbacks, stop, frame, ticks: () => ticks };
  }

  test('ticks once for each camera picture', () => {
    const { frame, ticks, callbacks } = setUp();
    frame();
    frame();
    assert.equal(ticks(), 2);
    assert.equal(callbacks.size, 1);
  });

  test('ticks by timer when the browser offers no picture', () => {
    const { clock, ticks, callbacks } = setUp();
    clock.advance(2000);
    assert.ok(ticks() >= 4, `${ticks()} ticks`);
    assert.equal(callbacks.size, 1);
  });

  test('stops', () => {
    const { clock, callbacks, stop, ticks } = setUp();
    stop();
    clock.advance(2000);
    assert.equal(ticks(), 0);
    assert.equal(callbacks.size, 0);
    assert.equal(clock.pending, 0);
  });
});
