import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HealthWatch, QUIET_MS } from '../../js/gallery/health-watch.js';
import { FakeClock, settle } from '../fakes.js';

function setUp() {
  const clock = new FakeClock();
  const world = { seen: true, asked: [], shown: [], reported: [] };
  const watch = new HealthWatch({
    fetch: () => new Promise((resolve, reject) => world.asked.push({ resolve, reject })),
    show: (health) => world.shown.push(health),
    isSeen: () => world.seen,
    report: (error) => world.reported.push(error),
    clock,
  });
  return { watch, clock, world };
}

test('changes that come close together are looked at once', async () => {
  const { watch, clock, world } = setUp();
  watch.changed();
  clock.advance(QUIET_MS - 1);
  watch.changed();
  clock.advance(QUIET_MS - 1);
  assert.equal(world.asked.length, 0);
  clock.advance(1);
  assert.equal(world.asked.length, 1);
  world.asked[0].resolve('health');
  await settle();
  assert.deepEqual(world.shown, ['health']);
});

test('nothing is asked while nobody looks, and at once when somebody does', () => {
  const { watch, clock, world } = setUp();
  world.seen = false;
  watch.changed();
  clock.advance(QUIET_MS);
  assert.equal(world.asked.length, 0);
  world.seen = true;
  watch.look();
  assert.equal(world.asked.length, 1);
});

test('what has not changed is not asked again', () => {
  const { watch, world } = setUp();
  watch.look();
  watch.look();
  assert.equal(world.asked.length, 1);
});

test('after a change the older answer is passed over', async () => {
  const { watch, clock, world } = setUp();
  watch.look();
  watch.changed();
  clock.advance(QUIET_MS);
  world.asked[1].resolve('new');
  world.asked[0].resolve('old');
  await settle();
  assert.deepEqual(world.shown, ['new']);
});

test('what failed is asked again when somebody looks again', async () => {
  const { watch, world } = setUp();
  watch.look();
  world.asked[0].reject(new Error('no'));
  await settle();
  assert.equal(world.reported.length, 1);
  watch.look();
  assert.equal(world.asked.length, 2);
});
