import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_FILE, mayChange, reduceRestore } from '../../js/gallery/restore-state.js';

const plan = (fields = {}) => ({
  people_new: [],
  people_changed: [],
  people_removed: [],
  examples_new: 0,
  examples_known: 0,
  ...fields,
});
const run = (events, state = NO_FILE) => events.reduce(reduceRestore, state);
const CHOOSE = { type: 'choose', fileName: 'g.zip' };
const CHECKED = { type: 'checked', plans: { merge: plan(), replace: plan() } };
const FAILED = { type: 'failed', problem: 'No.' };

describe('restoring', () => {
  test('looks first, then asks, then acts', () => {
    const phases = [];
    let state = NO_FILE;
    for (const event of [CHOOSE, CHECKED, { type: 'restore' }, { type: 'end' }]) {
      state = reduceRestore(state, event);
      phases.push(state.phase);
    }
    assert.deepEqual(phases, ['checking', 'choosing', 'restoring', 'idle']);
  });

  test('nothing is restored that was not looked at', () => {
    assert.equal(run([{ type: 'restore' }]), NO_FILE);
    assert.equal(run([CHOOSE, { type: 'restore' }]).phase, 'checking');
  });

  test('a file that cannot be read is given up, with the reason', () => {
    assert.deepEqual(run([CHOOSE, FAILED]), { ...NO_FILE, problem: 'No.' });
    assert.equal(run([CHOOSE, FAILED, CHOOSE]).problem, null);
  });

  test('what fails while it is restored can be tried again', () => {
    const state = run([CHOOSE, CHECKED, { type: 'restore' }, FAILED]);
    assert.equal(state.phase, 'choosing');
    assert.equal(state.problem, 'No.');
    assert.equal(run([{ type: 'restore' }], state).phase, 'restoring');
  });

  test('what was looked up for a file that was given up means nothing', () => {
    assert.equal(run([CHOOSE, { type: 'end' }, CHECKED]), NO_FILE);
  });

  test('another file has to wait until one is restored', () => {
    const state = run([CHOOSE, CHECKED, { type: 'restore' }]);
    assert.equal(reduceRestore(state, CHOOSE), state);
  });

  test('an unknown event is a fault of the page', () => {
    assert.throws(() => reduceRestore(NO_FILE, { type: 'nonsense' }), TypeError);
  });
});

test('adding what is missing may change something only where something is missing', () => {
  assert.equal(mayChange(plan({ examples_known: 9 }), 'merge'), false);
  assert.equal(mayChange(plan({ examples_new: 1 }), 'merge'), true);
  assert.equal(mayChange(plan({ people_new: ['Ada'] }), 'merge'), true);
});

test('replacing always may: what it deletes of people who stay is in no plan', () => {
  assert.equal(mayChange(plan(), 'replace'), true);
});
