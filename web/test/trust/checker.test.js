import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Checker, EVERY_MS, TRIES } from '../../trust/checker.js';
import { FakeClock, settle } from '../fakes.js';

/** A network that lets through what it is told to. */
function setUp() {
  const clock = new FakeClock();
  const world = { page: false, live: false, seen: true, pages: 0, lives: 0, shown: [] };
  const checker = new Checker({
    page: async () => {
      world.pages += 1;
      return world.page;
    },
    live: async () => {
      world.lives += 1;
      return world.live;
    },
    show: (reach) => world.shown.push(reach),
    isSeen: () => world.seen,
    clock,
  });
  const wait = async () => {
    clock.advance(EVERY_MS);
    await settle();
  };
  return { checker, clock, world, wait, last: () => world.shown.at(-1) };
}

test('before the first answer nothing is claimed', () => {
  const { checker, world } = setUp();
  checker.start();
  assert.deepEqual(world.shown, [{ page: null, live: null, waited: false, resting: false }]);
});

test('it tries again every two seconds until both get through, and then no more', async () => {
  const { checker, clock, world, wait, last } = setUp();
  checker.start();
  await settle();
  assert.deepEqual(last(), { page: false, live: false, waited: true, resting: false });
  await wait();
  assert.equal(world.pages, 2);
  world.page = world.live = true;
  await wait();
  assert.deepEqual(last(), { page: true, live: true, waited: true, resting: false });
  assert.equal(clock.pending, 0);
  await checker.look();
  assert.equal(world.pages, 3);
});

test('a device that trusted the server all along did not wait', async () => {
  const { checker, world, last } = setUp();
  world.page = world.live = true;
  checker.start();
  await settle();
  assert.deepEqual(last(), { page: true, live: true, waited: false, resting: false });
});

test('no socket is tried while https does not get through', async () => {
  const { checker, world, wait, last } = setUp();
  checker.start();
  await settle();
  assert.equal(world.lives, 0);
  world.page = true;
  await wait();
  assert.equal(world.lives, 1);
  assert.deepEqual(last(), { page: true, live: false, waited: true, resting: false });
  await wait();
  assert.equal(world.lives, 2);
});

test('nothing is tried while nobody looks, and at once when somebody is back', async () => {
  const { checker, clock, world, wait } = setUp();
  checker.start();
  await settle();
  world.seen = false;
  await wait();
  await wait();
  assert.deepEqual([world.pages, clock.pending], [1, 0]);
  world.seen = true;
  checker.look();
  await settle();
  assert.equal(world.pages, 2);
});

test('to come back often makes no more tries at a time, and no second row of them', async () => {
  const { checker, clock, world, wait } = setUp();
  checker.start();
  checker.look();
  checker.look();
  await settle();
  assert.equal(world.pages, 1);
  checker.look();
  await settle();
  assert.deepEqual([world.pages, clock.pending], [2, 1]);
  await wait();
  assert.equal(world.pages, 3);
});

test('after some minutes it rests, until it is asked to go on', async () => {
  const { checker, clock, world, wait, last } = setUp();
  checker.start();
  await settle();
  for (let tries = 1; tries < TRIES; tries += 1) await wait();
  assert.equal(world.pages, TRIES);
  assert.equal(last().resting, true);
  assert.equal(clock.pending, 0);
  checker.look();
  await settle();
  assert.equal(world.pages, TRIES);
  checker.start();
  await settle();
  assert.equal(world.pages, TRIES + 1);
  assert.equal(last().resting, false);
});
