import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RequestError } from '../../js/connection/request-error.js';
import { POLL_MS, Reembedding } from '../../js/gallery/reembedding.js';
import { FakeClock, answers, settle } from '../fakes.js';

const status = (running, done) => ({ running, done, total: 40, without_crop: 0 });
const error = (retryable) => new RequestError('x', 'x', retryable);

function setUp({ begun = [], polled = [] } = {}) {
  const clock = new FakeClock();
  const begin = answers(...begun);
  const poll = answers(...polled);
  const [shown, reported] = [[], []];
  const reembedding = new Reembedding({
    api: { reembed: begin.ask, reembedding: poll.ask },
    show: (one) => shown.push(one && [one.running, one.done]),
    report: (one) => reported.push(one),
    clock,
  });
  const tick = async () => {
    clock.advance(POLL_MS);
    await settle();
  };
  return { reembedding, clock, begin, poll, shown, reported, tick };
}

describe('examples of another model', () => {
  test('none are nothing to say, and nothing is asked', async () => {
    const { reembedding, poll, shown } = setUp();
    reembedding.found(0);
    await settle();
    assert.deepEqual(shown, [null]);
    assert.deepEqual(poll.asked, []);
  });

  test('some are told at once, then what the server knows of them', async () => {
    const { reembedding, shown, clock } = setUp({ polled: [status(false, 0)] });
    reembedding.found(40);
    assert.deepEqual(shown, [[false, 0]]);
    await settle();
    assert.equal(shown.length, 2);
    assert.equal(clock.pending, 0); // nothing is under way
  });

  test('that somebody else embeds are watched', async () => {
    const { reembedding, shown, tick } = setUp({ polled: [status(true, 3), status(true, 9)] });
    reembedding.found(40);
    await settle();
    await tick();
    assert.deepEqual(shown.slice(1), [[true, 3], [true, 9]]);
  });
});

describe('embedding', () => {
  test('is begun, and watched to its end', async () => {
    const { reembedding, shown, clock, begin, tick } = setUp({
      begun: [status(true, 0)],
      polled: [status(true, 20), status(false, 40)],
    });
    await reembedding.start();
    await tick();
    await tick();
    assert.equal(begin.asked.length, 1);
    assert.deepEqual(shown, [[true, 0], [true, 20], [false, 40]]);
    assert.equal(clock.pending, 0);
  });

  test('that cannot be begun is reported, and shown as it is', async () => {
    const { reembedding, shown, reported } = setUp({
      begun: [error(false)],
      polled: [status(false, 0)],
    });
    await reembedding.start();
    await settle();
    assert.equal(reported.length, 1);
    assert.deepEqual(shown, [[false, 0]]);
  });

  test('goes on without a connection, and is watched again when there is one', async () => {
    const { reembedding, shown, reported, tick } = setUp({
      begun: [status(true, 0)],
      polled: [error(true), status(true, 30)],
    });
    await reembedding.start();
    await tick();
    await tick();
    assert.deepEqual(reported, []);
    assert.deepEqual(shown.at(-1), [true, 30]);
  });

  test('is not watched any more after an error for good', async () => {
    const { reembedding, reported, clock, tick } = setUp({
      begun: [status(true, 0)],
      polled: [error(false)],
    });
    await reembedding.start();
    await tick();
    assert.equal(reported.length, 1);
    assert.equal(clock.pending, 0);
  });

  test('is watched once, however often a page connects', async () => {
    const { reembedding, clock, poll } = setUp({ polled: [1, 2, 3].map(() => status(true, 5)) });
    reembedding.found(40);
    reembedding.found(40);
    await settle();
    assert.equal(poll.asked.length, 2);
    assert.equal(clock.pending, 1);
  });

  test('nothing is shown of it after the server has no such examples any more', async () => {
    const { reembedding, shown, clock } = setUp({ polled: [status(true, 5)] });
    reembedding.found(40);
    reembedding.found(0);
    await settle();
    assert.equal(shown.at(-1), null);
    assert.equal(clock.pending, 0);
  });
});
