import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FrameWindow, GIVE_UP_MS, Streamer, videoTicks } from '../../js/camera/streamer.js';
import { FakeClock, settle } from '../fakes.js';

describe('FrameWindow', () => {
  const FAST = 1000;
  /** A window that holds back nothing by its rate. */
  const make = (size) => {
    const window = new FrameWindow({ maxFramesPerSecond: FAST });
    window.follow({ rate: FAST, window: size });
    return window;
  };

  test('allows as many unanswered frames as its size', () => {
    const window = make(2);
    assert.equal(window.allows(0), true);
    window.sent(0, 0);
    assert.equal(window.allows(10), true);
    window.sent(1, 10);
    assert.equal(window.allows(20), false);
    assert.equal(window.answered(0), true);
    assert.equal(window.allows(30), true);
  });

  test('an answer counts once', () => {
    const window = make(1);
    window.sent(0, 0);
    assert.equal(window.answered(0), true);
    assert.equal(window.answered(0), false);
    assert.equal(window.answered(99), false);
    assert.equal(window.unanswered, 0);
  });

  test('gives up a frame that stays unanswered', () => {
    const window = make(1);
    window.sent(0, 0);
    assert.equal(window.allows(GIVE_UP_MS), false);
    assert.equal(window.allows(GIVE_UP_MS + 1), true);
    assert.equal(window.answered(0), false);
  });

  test('another connection starts with nothing unanswered', () => {
    const window = make(1);
    window.sent(0, 0);
    window.reset();
    assert.equal(window.unanswered, 0);
    assert.equal(window.allows(20), true);
  });

  test('a window that becomes smaller waits for answers, a larger one does not', () => {
    const window = make(2);
    window.sent(0, 0);
    window.follow({ rate: FAST, window: 1 });
    assert.equal(window.allows(10), false);
    window.follow({ rate: FAST, window: 2 });
    assert.equal(window.allows(10), true);
  });

  test('a window of nothing would never send: one frame is the least', () => {
    assert.equal(make(0).allows(0), true);
  });

  /** Frames of ten seconds, each answered at once. */
  const framesIn10s = (cameraFps, jitterMs = 0) => {
    const window = new FrameWindow();
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

describe('the pace, as the rate changes', () => {
  /**
   * When frames go out, in ms, with a camera of 30 pictures a second and immediate answers.
   * @param {[number, number][]} phases [frames a second, for how many seconds]
   */
  const play = (phases) => {
    const window = new FrameWindow();
    const sentMs = [];
    let endMs = 0;
    let picture = 0;
    for (const [rate, seconds] of phases) {
      window.follow({ rate, window: 2 });
      endMs += 1000 * seconds;
      for (; (picture * 1000) / 30 < endMs; picture += 1) {
        const nowMs = (picture * 1000) / 30;
        if (!window.allows(nowMs)) continue;
        window.sent(picture, nowMs);
        window.answered(picture);
        sentMs.push(nowMs);
      }
    }
    return sentMs;
  };
  const between = (sentMs, fromMs, untilMs) =>
    sentMs.filter((ms) => ms >= fromMs && ms < untilMs).length;
  const assertAbout = (actual, expected) =>
    assert.ok(Math.abs(actual - expected) <= 1, `${actual} frames, not about ${expected}`);

  test('it is that of each phase, from 15 to 2 and back', () => {
    const sentMs = play([[15, 4], [2, 4], [15, 4]]);
    assertAbout(between(sentMs, 0, 4000), 60);
    assertAbout(between(sentMs, 4000, 8000), 8);
    assertAbout(between(sentMs, 8000, 12_000), 60);
  });

  test('rates that no camera divides by are kept as well', () => {
    for (const rate of [0.5, 1, 4, 7, 8, 9.5, 11, 12.5, 14]) {
      assertAbout(play([[rate, 20]]).length, 20 * rate);
    }
  });

  test('slower counts at once: no frame comes at the old rate', () => {
    const sentMs = play([[15, 4], [2, 4]]);
    const before = sentMs.filter((ms) => ms < 4000).at(-1);
    const after = sentMs.find((ms) => ms >= 4000);
    assert.ok(after - before >= 460, `${after - before} ms`);
  });

  test('faster counts at once: the long pause is not sat out', () => {
    for (const seconds of [4.1, 4.25, 4.4]) {
      const after = play([[2, seconds], [15, 2]]).find((ms) => ms >= 1000 * seconds);
      assert.ok(after - 1000 * seconds <= 1000 / 15, `${after} ms, asked at ${seconds} s`);
    }
  });

  test('nothing is made up for: half a period is always kept', () => {
    const sentMs = play([[15, 2], [2, 3], [15, 2], [1, 2], [15, 2]]);
    sentMs.slice(1).forEach((ms, index) => {
      assert.ok(ms - sentMs[index] >= 33, `${ms - sentMs[index]} ms at ${ms} ms`);
    });
  });

  test('a rate that is said again and again changes nothing', () => {
    const sentMs = play(Array.from({ length: 40 }, () => [10, 0.1]));
    assertAbout(sentMs.length, 40);
  });

  test('the page never sends faster than it would by itself', () => {
    assertAbout(play([[60, 4]]).length, 60);
  });

  test('a rate of nothing still sends, and is soon forgotten', () => {
    const sentMs = play([[15, 1], [0, 20], [15, 1]]);
    assertAbout(between(sentMs, 1000, 21_000), 2);
    assertAbout(between(sentMs, 21_000, 22_000), 15);
  });
});

describe('Streamer', () => {
  const FLOW = Object.freeze({ rate: 15, width: 640, quality: 80, window: 2 });

  function setUp({ size = 2 } = {}) {
    const clock = new FakeClock();
    const sent = [];
    const errors = [];
    const encodes = [];
    const flows = [];
    const world = { tick: null, connected: true };
    const streamer = new Streamer({
      clock,
      encode: (flow) => {
        flows.push(flow);
        return new Promise((resolve, reject) => encodes.push({ resolve, reject }));
      },
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
      streamer.connected({ ...FLOW, window: size });
    };
    /** One camera picture comes, and is encoded at once. */
    const picture = async (jpeg = new Uint8Array([1])) => {
      clock.advance(100);
      world.tick?.();
      encodes.pop()?.resolve(jpeg);
      await settle();
    };
    return { streamer, clock, sent, errors, encodes, flows, world, start, picture };
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
    streamer.connected(FLOW);
    await picture();
    assert.deepEqual(sent.map((frame) => frame.seq), [0, 1]);
  });

  test('the next frame is made as the server wants it by then', async () => {
    const { streamer, flows, start, picture } = setUp();
    assert.equal(streamer.flow, null);
    start();
    await picture();
    const small = { ...FLOW, width: 320, quality: 60 };
    streamer.follow(small);
    await picture();
    assert.deepEqual(flows, [FLOW, small]);
    assert.equal(streamer.flow, small);
  });

  test('the next frame waits as long as the server wants by then', async () => {
    const { streamer, sent, start, picture } = setUp({ size: 9 });
    start();
    await picture(); // at 100 ms
    streamer.follow({ ...FLOW, rate: 2, window: 9 });
    for (let n = 0; n < 5; n += 1) await picture();
    assert.deepEqual(sent.map((frame) => frame.capturedMs), [100, 600]);
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
