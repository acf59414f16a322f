import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { endOfDayMs } from '../../js/basics/dates.js';
import {
  NOBODY,
  canMove,
  editsOf,
  examplesOf,
  reducePerson,
} from '../../js/people/person-state.js';

const example = (template_id, kind = 'example') => ({ template_id, kind });
const ada = {
  identity_id: 'a',
  display_name: 'Ada',
  templates: 2,
  note: null,
  created_at_ms: 1,
  expires_at_ms: null,
  examples: [example(1), example(2), example(3, 'rejection')],
};
const run = (events, state = NOBODY) => events.reduce(reducePerson, state);
const OPEN = { type: 'open', identityId: 'a' };
const LOADED = { type: 'loaded', person: ada };
const toggle = (templateId) => ({ type: 'toggle', templateId });

describe('a person', () => {
  test('is opened, then known', () => {
    assert.equal(run([OPEN]).person, null);
    assert.equal(run([OPEN, LOADED]).person, ada);
  });

  test('an answer about somebody else, or after it was closed, means nothing', () => {
    const state = run([{ ...OPEN, identityId: 'b' }]);
    assert.equal(reducePerson(state, LOADED), state);
    assert.equal(run([OPEN, { type: 'close' }, LOADED]), NOBODY);
    assert.equal(run([{ type: 'failed', problem: 'Late.' }]), NOBODY);
  });

  test('is opened for the sake of an example, or of somebody who may be the same', () => {
    const state = run([{ ...OPEN, templateId: 2, mergeInto: 'b' }, LOADED]);
    assert.deepEqual(state.selected, [2]);
    assert.equal(state.mergeInto, 'b');
  });

  test('an unknown event is a fault of the page', () => {
    assert.throws(() => reducePerson(NOBODY, { type: 'nonsense' }), TypeError);
  });
});

describe('choosing', () => {
  test('is done and undone by the same', () => {
    const state = run([OPEN, LOADED, toggle(1), toggle(2), toggle(1)]);
    assert.deepEqual(state.selected, [2]);
  });

  test('stays when the person is fetched anew, but for what is gone', () => {
    const less = { ...ada, examples: [example(2)] };
    const state = run([OPEN, LOADED, toggle(1), toggle(2), { type: 'loaded', person: less }]);
    assert.deepEqual(state.selected, [2]);
  });

  test('examples and rejections are shown apart', () => {
    const state = run([OPEN, LOADED]);
    assert.deepEqual(examplesOf(state, 'example').map((one) => one.template_id), [1, 2]);
    assert.deepEqual(examplesOf(state, 'rejection').map((one) => one.template_id), [3]);
    assert.deepEqual(examplesOf(NOBODY, 'example'), []);
  });

  test('examples can be moved, rejections cannot', () => {
    assert.equal(canMove(run([OPEN, LOADED])), false);
    assert.equal(canMove(run([OPEN, LOADED, toggle(1)])), true);
    assert.equal(canMove(run([OPEN, LOADED, toggle(1), toggle(3)])), false);
  });
});

describe('a change', () => {
  test('is under way until it has ended, well or not', () => {
    const changing = run([OPEN, LOADED, { type: 'change' }]);
    assert.equal(changing.busy, true);
    assert.equal(run([{ type: 'changed' }], changing).busy, false);
    const failed = run([{ type: 'failed', problem: 'No.' }], changing);
    assert.equal(failed.busy, false);
    assert.equal(failed.problem, 'No.');
    assert.equal(run([{ type: 'change' }], failed).problem, null);
  });

  test('that fails may say with whom to merge', () => {
    const state = run([OPEN, LOADED, { type: 'failed', problem: 'Taken.', mergeInto: 'b' }]);
    assert.equal(state.mergeInto, 'b');
    assert.equal(run([{ type: 'failed', problem: 'No.' }], state).mergeInto, 'b');
  });

  test('of nobody is none', () => {
    assert.equal(run([OPEN, { type: 'change' }]).busy, false);
  });
});

describe('the edits of a form', () => {
  const form = { displayName: 'Ada', note: '', lastDay: '' };

  test('are none where nothing differs', () => {
    assert.deepEqual(editsOf(ada, form), {});
  });

  test('are only what differs', () => {
    assert.deepEqual(editsOf(ada, { ...form, displayName: 'Eva' }), { display_name: 'Eva' });
    assert.deepEqual(editsOf(ada, { ...form, note: 'May.' }), { note: 'May.' });
    assert.deepEqual(editsOf(ada, { ...form, lastDay: '2027-05-01' }), {
      expires_at_ms: endOfDayMs('2027-05-01'),
    });
  });

  test('that empty a field take away what it held', () => {
    const noted = { ...ada, note: 'May.', expires_at_ms: endOfDayMs('2027-05-01') };
    assert.deepEqual(editsOf(noted, form), { note: null, expires_at_ms: null });
  });

  test('an hour that a script has set is the same to a field of days', () => {
    const noon = new Date(2027, 4, 1, 12).getTime();
    const until = { ...form, lastDay: '2027-05-01' };
    assert.deepEqual(editsOf({ ...ada, expires_at_ms: noon }, until), {});
  });
});
