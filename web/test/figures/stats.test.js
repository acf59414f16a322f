import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LiveStats, WINDOW_MS, median } from '../../js/figures/stats.js';

describe('LiveStats', () => {
  test('knows nothing at first', () => {
    assert.deepEqual(new LiveStats().read(1000), { framesPerSecond: null, latencyMs: null });
  });

  test('gives no rate before there is enough to go by', () => {
    const stats = new LiveStats();
    stats.add(1000, 960);
    assert.deepEqual(stats.read(1100), { framesPerSecond: null, latencyMs: 40 });
  });

  test('ten answers a second are ten', () => {
    const stats = new LiveStats();
    for (let ms = 0; ms < 5000; ms += 100) stats.add(ms, ms - 50);
    assert.deepEqual(stats.read(4999), { framesPerSecond: 10, latencyMs: 50 });
  });

  test('the rate is right in the first two seconds, too', () => {
    const stats = new LiveStats();
    for (let ms = 0; ms < 1000; ms += 100) stats.add(ms, ms);
    assert.equal(stats.read(1000).framesPerSecond, 10);
  });

  test('one slow answer does not move the latency', () => {
    const stats = new LiveStats();
    for (const latencyMs of [40, 42, 900, 41, 43]) stats.add(1000, 1000 - latencyMs);
    assert.equal(stats.read(1500).latencyMs, 42);
  });

  test('answers older than the window do not count', () => {
    const stats = new LiveStats();
    stats.add(0, -500);
    stats.add(WINDOW_MS, WINDOW_MS - 30);
    assert.equal(stats.read(WINDOW_MS).latencyMs, 30);
  });

  test('a stall shows as zero, and then as nothing', () => {
    const stats = new LiveStats();
    for (let ms = 0; ms < 3000; ms += 100) stats.add(ms, ms);
    assert.equal(stats.read(6000).framesPerSecond, 0);
    assert.equal(stats.read(6500).framesPerSecond, null);
  });

  test('after a stall the rate does not count the silence', () => {
    const stats = new LiveStats();
    stats.add(0, 0);
    stats.read(9000);
    for (let ms = 10_000; ms < 11_000; ms += 100) stats.add(ms, ms);
    assert.equal(stats.read(11_000).framesPerSecond, 10);
  });

  test('a reset forgets all', () => {
    const stats = new LiveStats();
    stats.add(1000, 0);
    stats.reset();
    assert.deepEqual(stats.read(1600), { framesPerSecond: null, latencyMs: null });
  });
});

describe('median', () => {
  for (const [values, expected] of [
    [[], null],
    [[7], 7],
    [[1, 9], 5],
    [[9, 1, 5], 5],
    [[10, 9, 1, 2], 5.5],
  ]) {
    test(`of [${values}] is ${expected}`, () => assert.equal(median(values), expected));
  }

  test('does not sort what it was given', () => {
    const values = [3, 1, 2];
    median(values);
    assert.deepEqual(values, [3, 1, 2]);
  });
});
