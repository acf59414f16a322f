import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_FACE, reduceFace, rejectable } from '../../js/faces/face-state.js';

const explained = (track, fields = {}) => ({
  track,
  name: null,
  identity_id: null,
  candidates: [],
  examples: [],
  ...fields,
});
const run = (events, state = NO_FACE) => events.reduce(reduceFace, state);
const ask = (track) => ({ type: 'ask', track });
const told = (track, fields) => ({ type: 'told', explained: explained(track, fields) });

describe('a face', () => {
  test('is asked about, and told of', () => {
    assert.equal(run([ask(7)]).phase, 'asking');
    const state = run([ask(7), told(7)]);
    assert.equal(state.phase, 'told');
    assert.equal(state.explained.track, 7);
  });

  test('an answer about another one, or after it was closed, means nothing', () => {
    const asking = run([ask(7)]);
    assert.equal(reduceFace(asking, told(8)), asking);
    assert.equal(run([ask(7), { type: 'close' }, told(7)]), NO_FACE);
  });

  test('asked about again, what is known of it stays until there is an answer', () => {
    const state = run([ask(7), told(7)]);
    assert.equal(reduceFace(state, ask(7)), state);
    assert.equal(run([told(7, { name: 'Ada' })], state).explained.name, 'Ada');
  });

  test('another one starts anew', () => {
    const state = run([ask(7), told(7), { type: 'reject' }, ask(8)]);
    assert.deepEqual(state, { ...NO_FACE, phase: 'asking', track: 8 });
  });

  test('is rejected once it was told of, until that has ended', () => {
    assert.equal(run([ask(7), { type: 'reject' }]).rejecting, false);
    const state = run([ask(7), told(7), { type: 'reject' }]);
    assert.equal(state.rejecting, true);
    assert.equal(run([{ type: 'reject_ended' }], state).rejecting, false);
    assert.equal(run([{ type: 'reject_ended' }]), NO_FACE);
  });

  test('an unknown event is a fault of the page', () => {
    assert.throws(() => reduceFace(NO_FACE, { type: 'nonsense' }), TypeError);
  });
});

describe('not this person', () => {
  const ada = { identity_id: 'a', display_name: 'Ada', rejected: false };
  const bob = { identity_id: 'b', display_name: 'Bob', rejected: false };

  test('can be said of nobody when there is nobody', () => {
    assert.equal(rejectable(explained(7)), null);
  });

  test('can be said of the name that it has', () => {
    const who = rejectable(explained(7, { name: 'Ada', identity_id: 'a', candidates: [ada, bob] }));
    assert.deepEqual(who, { identityId: 'a', displayName: 'Ada' });
  });

  test('can be said of whom it resembles most, once', () => {
    assert.deepEqual(rejectable(explained(7, { candidates: [bob, ada] })), {
      identityId: 'b',
      displayName: 'Bob',
    });
    assert.equal(rejectable(explained(7, { candidates: [{ ...bob, rejected: true }, ada] })), null);
  });
});
