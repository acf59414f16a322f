import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AHEAD_MS, FADE_MS, GLIDE_MS, MIDDLE_TREMBLES, Motion } from '../../js/faces/motion.js';

const WIDTH = 100;
const HEIGHT = 120;

/** What the server found in one picture, again and again; in the eighth it searched the whole frame. */
const PORTRAIT_BOXES = [
  [287, 113, 467, 368], [288, 113, 468, 370], [288, 112, 468, 369], [288, 112, 467, 371],
  [288, 111, 468, 370], [289, 112, 467, 368], [288, 112, 468, 369], [278, 104, 472, 380],
  [284, 112, 466, 371], [289, 113, 468, 368], [287, 112, 467, 369], [289, 112, 467, 368],
  [288, 112, 468, 369], [288, 112, 468, 369], [288, 112, 468, 369], [278, 104, 472, 380],
  [284, 112, 466, 371], [289, 113, 468, 368], [287, 111, 468, 370], [289, 112, 467, 368],
  [288, 112, 468, 369], [288, 112, 468, 369], [288, 112, 468, 369], [278, 104, 472, 380],
];

/** A result with one face, whose left edge is at `x`. */
function result(x, capturedMs, { track = 1, size = [640, 480], scale = 1 } = {}) {
  const box_xyxy = [x, 90, x + WIDTH, 90 + HEIGHT].map((value) => value * scale);
  return { captured_ms: capturedMs, size_wh: size, faces: [{ track, name: null, box_xyxy }] };
}

const empty = (capturedMs) => ({ captured_ms: capturedMs, size_wh: [640, 480], faces: [] });
const leftAt = (motion, nowMs) => motion.at(nowMs)[0].box[0];
const near = (actual, expected) => assert.ok(Math.abs(actual - expected) < 1e-6, `${actual}, not ${expected}`);

/**
 * A face whose left edge is at `path(ms)`, seen by results at an interval and a latency.
 * @returns {{ms: number, drawn: number}[]} at 60 frames a second
 */
function watch(path, { intervalMs, latencyMs, untilMs }) {
  const motion = new Motion();
  const seen = [];
  let nextMs = 0;
  for (let ms = 0; ms < untilMs; ms += 1000 / 60) {
    while (nextMs + latencyMs <= ms) {
      motion.show(result(path(nextMs), nextMs), nextMs + latencyMs);
      nextMs += intervalMs;
    }
    if (nextMs > 0) seen.push({ ms, drawn: leftAt(motion, ms) });
  }
  return seen;
}

const PACES = [[67, 50], [67, 200], [100, 120], [200, 50], [200, 200]];

describe('Motion', () => {
  test('of no result is empty, and rests', () => {
    const motion = new Motion();
    assert.deepEqual(motion.at(0), []);
    assert.equal(motion.movesAt(0), false);
    motion.show(empty(0), 10);
    assert.deepEqual(motion.at(20), []);
    assert.equal(motion.movesAt(20), false);
  });

  test('a new face is there at once, where the result has it', () => {
    const motion = new Motion();
    motion.show(result(200, 0), 100);
    assert.deepEqual(motion.at(100)[0].box, [200, 90, 300, 210]);
    assert.equal(motion.at(100)[0].alpha, 1);
    assert.equal(motion.movesAt(100), false);
  });

  test('a still face stays put and costs nothing', () => {
    const motion = new Motion();
    for (let ms = 0; ms < 1000; ms += 100) {
      motion.show(result(200, ms), ms + 90);
      assert.equal(motion.movesAt(ms + 90), false);
      assert.deepEqual(motion.at(ms + 95)[0].box, [200, 90, 300, 210]);
    }
  });

  test('a still face at which the detector trembles stays put, too', () => {
    const motion = new Motion();
    for (let turn = 0; turn < 60; turn += 1) {
      const ms = turn * 80;
      const tremble = turn === 0 ? 0 : Math.sin(turn * 2) * MIDDLE_TREMBLES.still * WIDTH * 0.95;
      motion.show(result(200 + tremble, ms), ms + 90);
      near(leftAt(motion, ms + 95), 200);
    }
  });

  test('boxes of a real still portrait, as the server had them, are drawn at one place', () => {
    const motion = new Motion();
    const drawn = PORTRAIT_BOXES.map((box_xyxy, turn) => {
      const face = { track: 1, name: null, box_xyxy };
      const capturedMs = turn * 66;
      motion.show({ captured_ms: capturedMs, size_wh: [640, 480], faces: [face] }, capturedMs + 40);
      assert.ok(turn < 4 || !motion.movesAt(capturedMs + 40), `moves at result ${turn}`);
      return motion.at(capturedMs + 105)[0].box;
    });
    for (const box of drawn.slice(4)) assert.deepEqual(box, drawn[4]);
  });

  test('what is off once may be trembling, what is off twice is motion', () => {
    const motion = new Motion();
    motion.show(result(200, 0), 50);
    motion.show(result(204, 100), 150);
    assert.equal(motion.movesAt(150), false);
    motion.show(result(196, 200), 250); // on the other side
    assert.equal(motion.movesAt(250), false);
    motion.show(result(196, 300), 350);
    assert.equal(motion.movesAt(350), true);
    near(leftAt(motion, 350 + GLIDE_MS), 196);
  });

  for (const [intervalMs, latencyMs] of PACES) {
    test(`even motion, every ${intervalMs} ms and ${latencyMs} ms late: no lag over an interval, no overshoot`, () => {
      for (const speed of [0.005, 0.03, 0.1, 0.25]) {
        const path = (ms) => 100 + speed * ms;
        const settled = 1000;
        for (const { ms, drawn } of watch(path, { intervalMs, latencyMs, untilMs: 2500 })) {
          if (ms < settled) continue;
          const behind = path(ms) - drawn;
          // What is slower than trembling is followed in steps.
          const step = speed * 100 < 0.01 * WIDTH ? 0.05 * WIDTH : 1e-6;
          assert.ok(behind <= Math.max(speed * intervalMs, step), `${behind} px behind at ${speed}`);
          assert.ok(behind >= -0.03 * WIDTH, `${-behind} px ahead at ${speed} px a ms`);
        }
      }
    });

    test(`a head that sways, every ${intervalMs} ms and ${latencyMs} ms late: never far beyond its turn`, () => {
      const reach = 40;
      const path = (ms) => 200 + reach * Math.sin((2 * Math.PI * ms) / 2400);
      const seen = watch(path, { intervalMs, latencyMs, untilMs: 8000 });
      const beyond = Math.max(...seen.map(({ drawn }) => Math.abs(drawn - 200) - reach));
      // The price of no lag: at its turn a head is thrown on by what it slows down in that time.
      assert.ok(beyond <= 0.15 * WIDTH, `${beyond} px beyond`);
    });
  }

  test('a face that stops is overtaken by no more than its way of that time, and comes to rest', () => {
    const speed = 0.1;
    const path = (ms) => 100 + speed * Math.min(ms, 1000);
    const seen = watch(path, { intervalMs: 100, latencyMs: 100, untilMs: 1600 });
    const furthest = Math.max(...seen.map(({ drawn }) => drawn));
    assert.ok(furthest <= 200 + speed * 200 + 1e-6, `${furthest}`);
    assert.ok(Math.abs(seen.at(-1).drawn - 200) <= MIDDLE_TREMBLES.still * WIDTH);
  });

  test('glides where it was drawn elsewhere, and rests after that', () => {
    const motion = new Motion();
    motion.show(result(200, 0), 50);
    motion.show(result(230, 100), 150);
    near(leftAt(motion, 150), 200);
    const middle = leftAt(motion, 150 + GLIDE_MS / 2);
    assert.ok(middle > 200 && middle < 230);
    assert.equal(motion.movesAt(151), true);
    near(leftAt(motion, 150 + GLIDE_MS), 230);
    assert.equal(motion.movesAt(150 + GLIDE_MS), false);
  });

  test('of two paces the slower is believed', () => {
    const motion = new Motion();
    motion.show(result(200, 0), 50);
    motion.show(result(210, 100), 150);
    motion.show(result(240, 200), 250);
    near(leftAt(motion, 200 + AHEAD_MS), 240 + (AHEAD_MS * 10) / 100);
  });

  test('without a further result it does not go on for ever', () => {
    const motion = new Motion();
    for (const ms of [0, 100, 200]) motion.show(result(100 + ms / 5, ms), ms + 50);
    near(leftAt(motion, 200 + AHEAD_MS), 140 + AHEAD_MS / 5);
    assert.equal(motion.movesAt(200 + AHEAD_MS), false);
    near(leftAt(motion, 5000), 140 + AHEAD_MS / 5);
  });

  test('a big jump is no motion', () => {
    const motion = new Motion();
    motion.show(result(100, 0), 50);
    motion.show(result(320, 100), 150);
    assert.equal(leftAt(motion, 150), 320);
    assert.equal(motion.movesAt(150), false);
  });

  test('a face that is lost fades where it was, and is gone', () => {
    const motion = new Motion();
    motion.show(result(200, 0), 50);
    motion.show(empty(100), 150);
    assert.equal(motion.at(150)[0].alpha, 1);
    near(motion.at(150 + FADE_MS / 2)[0].alpha, 0.5);
    near(leftAt(motion, 150 + FADE_MS / 2), 200);
    assert.equal(motion.movesAt(150 + FADE_MS / 2), true);
    motion.show(empty(200), 250); // missing for longer: it does not begin to fade again
    assert.deepEqual(motion.at(150 + FADE_MS), []);
    assert.equal(motion.movesAt(150 + FADE_MS), false);
  });

  test('a face that comes back while it fades is whole at once, and glides', () => {
    const motion = new Motion();
    motion.show(result(200, 0), 50);
    motion.show(empty(100), 150);
    motion.show(result(230, 200), 250);
    assert.equal(motion.at(250).length, 1);
    assert.equal(motion.at(250)[0].alpha, 1);
    near(leftAt(motion, 250), 200);
  });

  test('a face that comes back after it was gone is where the result has it, at once', () => {
    const motion = new Motion();
    motion.show(result(200, 0), 50);
    motion.show(empty(100), 150);
    motion.show(result(230, 600), 650);
    assert.equal(leftAt(motion, 650), 230);
    assert.equal(motion.movesAt(650), false);
  });

  test('those in view come first, in the order of the result', () => {
    const motion = new Motion();
    motion.show(result(200, 0, { track: 7 }), 50);
    const two = result(400, 100, { track: 9 });
    two.faces.push(...result(20, 100, { track: 8 }).faces);
    motion.show(two, 150);
    assert.deepEqual(motion.at(160).map(({ face }) => face.track), [9, 8, 7]);
  });

  test('frames of another size move nothing', () => {
    const motion = new Motion();
    motion.show(result(200, 0), 50);
    motion.show(result(200, 100, { size: [320, 240], scale: 0.5 }), 150);
    near(leftAt(motion, 150), 100);
    assert.equal(motion.movesAt(150), false);
  });

  test('with reduced motion boxes jump, and vanish', () => {
    const motion = new Motion(() => true);
    for (const ms of [0, 100, 200]) {
      motion.show(result(100 + ms / 5, ms), ms + 50);
      assert.equal(leftAt(motion, ms + 50), 100 + ms / 5);
      assert.equal(motion.movesAt(ms + 50), false);
    }
    motion.show(empty(300), 350);
    assert.deepEqual(motion.at(350), []);
  });

  test('cleared, nothing is there', () => {
    const motion = new Motion();
    motion.show(result(200, 0), 50);
    motion.clear();
    assert.deepEqual(motion.at(60), []);
    motion.show(result(260, 100), 150);
    assert.equal(leftAt(motion, 150), 260);
  });
});
