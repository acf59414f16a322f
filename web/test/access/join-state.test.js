import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_JOIN, reduceJoin } from '../../js/access/join-state.js';

const LINK = Object.freeze({ url: 'https://a/join?code=x', role: 'viewer', qr_svg: '<svg/>' });

const after = (...events) => events.reduce(reduceJoin, NO_JOIN);
const ask = (role = 'viewer') => ({ type: 'ask', role });
const told = (untilMs, nowMs = 0) => ({ type: 'told', link: LINK, untilMs, nowMs });
const tick = (nowMs) => ({ type: 'tick', nowMs });

test('is closed at first, and closing it again changes nothing', () => {
  assert.equal(NO_JOIN.phase, 'closed');
  assert.equal(after({ type: 'close' }), NO_JOIN);
});

describe('a link', () => {
  test('is asked for with the role that was chosen', () => {
    const state = after(ask('operator'));
    assert.deepEqual([state.phase, state.role, state.link], ['asking', 'operator', null]);
  });

  test('is shown with the time that is left, in whole seconds', () => {
    const state = after(ask(), told(600_000, 500));
    assert.deepEqual([state.phase, state.link, state.leftS], ['ready', LINK, 600]);
  });

  test('of another role takes its place', () => {
    const state = after(ask(), told(1000), ask('operator'));
    assert.deepEqual([state.phase, state.link, state.leftS], ['asking', null, null]);
  });

  test('counts down, and a tick within a second changes nothing', () => {
    const state = after(ask(), told(2000), tick(600));
    assert.equal(state.leftS, 2);
    assert.equal(reduceJoin(state, tick(900)), state);
    assert.equal(reduceJoin(state, tick(1000)).leftS, 1);
  });

  test('is gone when its time is over; the role stays chosen', () => {
    const state = after(ask('operator'), told(2000), tick(2000));
    assert.deepEqual(state, { ...NO_JOIN, phase: 'over', role: 'operator' });
    assert.equal(reduceJoin(state, tick(3000)), state);
  });

  test('that came too late is over at once', () => {
    assert.equal(after(ask(), told(1000, 1000)).phase, 'over');
  });

  test('without an end stays', () => {
    const state = after(ask(), told(null), tick(1e12));
    assert.deepEqual([state.phase, state.leftS], ['ready', null]);
  });

  test('that nobody waits for any more is passed over', () => {
    assert.equal(after(told(1000)), NO_JOIN);
    assert.equal(after({ type: 'failed', problem: 'x' }), NO_JOIN);
  });
});

test('what went wrong is said, and gone with the next try', () => {
  const state = after(ask('operator'), { type: 'failed', problem: 'The server is away.' });
  assert.deepEqual([state.phase, state.problem], ['failed', 'The server is away.']);
  assert.equal(reduceJoin(state, ask('operator')).problem, null);
});

test('the role stays chosen when it is closed, the link does not', () => {
  const state = after(ask('operator'), told(1000), { type: 'close' });
  assert.deepEqual(state, { ...NO_JOIN, role: 'operator' });
});
