import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MIN_SHOWN_MS, SteadyText } from '../../js/basics/steady-text.js';
import { FakeClock } from '../fakes.js';

function setUp() {
  const clock = new FakeClock();
  const shown = [];
  const steady = new SteadyText(({ text }) => shown.push(text), clock);
  return { clock, shown, say: (text, options) => steady.set({ text, tone: 'good' }, options) };
}

test('the first sentence is shown at once', () => {
  const { shown, say } = setUp();
  say('a');
  assert.deepEqual(shown, ['a']);
});

test('a sentence stays for its time, then the newest is shown', () => {
  const { clock, shown, say } = setUp();
  say('a');
  say('b');
  say('c');
  clock.advance(MIN_SHOWN_MS - 1);
  assert.deepEqual(shown, ['a']);
  clock.advance(1);
  assert.deepEqual(shown, ['a', 'c']);
});

test('what returns to the sentence that is shown is not said again', () => {
  const { clock, shown, say } = setUp();
  say('a');
  say('b');
  say('a');
  clock.advance(5000);
  say('a');
  assert.deepEqual(shown, ['a']);
  assert.equal(clock.pending, 0);
});

test('what answers a person does not wait', () => {
  const { clock, shown, say } = setUp();
  say('a');
  say('b');
  say('c', { now: true });
  clock.advance(5000);
  assert.deepEqual(shown, ['a', 'c']);
});
