import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GOOD_AFTER_MS, Quality, SLOW_AFTER_MS } from '../../js/figures/quality.js';

const GOOD = { framesPerSecond: 12, latencyMs: 90 };
const LATE = { framesPerSecond: 12, latencyMs: 900 };
const UNKNOWN = { framesPerSecond: null, latencyMs: null };

/** What is shown after the same figures came twice a second for so long. */
function after(quality, figures, ms, fromMs = 0) {
  let shown = quality.judge(figures, fromMs);
  for (let passed = 500; passed <= ms; passed += 500) shown = quality.judge(figures, fromMs + passed);
  return shown;
}

describe('Quality', () => {
  test('is good as long as nothing is known', () => {
    assert.equal(after(new Quality(), UNKNOWN, 10_000), 'good');
  });

  for (const [what, figures, expected] of [
    ['late answers', LATE, 'slow'],
    ['few answers', { framesPerSecond: 2, latencyMs: 90 }, 'slow'],
    ['a stall', { framesPerSecond: 0, latencyMs: null }, 'slow'],
    ['late answers, the rate not known yet', { framesPerSecond: null, latencyMs: 900 }, 'slow'],
    ['a camera of five pictures a second', { framesPerSecond: 5, latencyMs: 150 }, 'good'],
    ['a server that is shared by many', { framesPerSecond: 4, latencyMs: 380 }, 'good'],
  ]) {
    test(`${what}: ${expected}`, () => assert.equal(after(new Quality(), figures, 10_000), expected));
  }

  test('a moment changes nothing', () => {
    const quality = new Quality();
    assert.equal(after(quality, LATE, SLOW_AFTER_MS - 500), 'good');
    assert.equal(quality.judge(GOOD, 2000), 'good');
    assert.equal(after(quality, LATE, SLOW_AFTER_MS - 500, 2500), 'good');
    assert.equal(after(quality, LATE, 500, 4500), 'slow');
  });

  test('is good again only after a while, and well on this side of the limit', () => {
    const quality = new Quality();
    after(quality, LATE, SLOW_AFTER_MS);
    assert.equal(after(quality, { framesPerSecond: 12, latencyMs: 500 }, 10_000, 3000), 'slow');
    assert.equal(after(quality, GOOD, GOOD_AFTER_MS - 500, 20_000), 'slow');
    assert.equal(quality.judge(GOOD, 20_000 + GOOD_AFTER_MS), 'good');
  });

  test('stays slow while nothing is known', () => {
    const quality = new Quality();
    after(quality, LATE, SLOW_AFTER_MS);
    assert.equal(after(quality, UNKNOWN, 10_000, 3000), 'slow');
  });

  test('a reset forgets all', () => {
    const quality = new Quality();
    after(quality, LATE, SLOW_AFTER_MS);
    quality.reset();
    assert.equal(quality.judge(LATE, 3000), 'good');
  });
});
