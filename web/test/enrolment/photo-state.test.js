import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_PHOTOS, acceptedPhotos, reducePhotos } from '../../js/enrolment/photo-state.js';

const run = (events, state = NO_PHOTOS) => events.reduce(reducePhotos, state);
const choose = (...ids) => ({
  type: 'choose',
  photos: ids.map((id) => ({ id, fileName: `${id}.jpg` })),
});
const ids = (state) => state.photos.map((photo) => photo.id);
const VERDICTS = [
  { verdict: 'accepted', message: null },
  { verdict: 'no_face', message: 'There is no face.' },
];
const ANSWERED = { type: 'answered', verdicts: VERDICTS };
const DONE = [choose(1, 2), { type: 'send' }, ANSWERED];

describe('photos', () => {
  test('are chosen, named, sent, and each has its verdict', () => {
    const phases = [];
    let state = NO_PHOTOS;
    for (const event of DONE) {
      state = reducePhotos(state, event);
      phases.push(state.phase);
    }
    assert.deepEqual(phases, ['naming', 'sending', 'done']);
    assert.deepEqual(state.photos, [
      { id: 1, fileName: '1.jpg', verdict: 'accepted', message: null },
      { id: 2, fileName: '2.jpg', verdict: 'no_face', message: 'There is no face.' },
    ]);
    assert.equal(acceptedPhotos(state), 1);
  });

  test('no files are no photos', () => {
    assert.equal(run([choose()]), NO_PHOTOS);
  });

  test('more can be chosen before they are sent, but not while they are', () => {
    assert.deepEqual(ids(run([choose(1), choose(2)])), [1, 2]);
    const sending = run([choose(1), { type: 'send' }]);
    assert.equal(reducePhotos(sending, choose(2)), sending);
  });

  test('those that have their verdict are done with', () => {
    const state = run([...DONE, choose(3)]);
    assert.deepEqual(ids(state), [3]);
    assert.equal(state.phase, 'naming');
  });

  test('one can be removed; without any, nothing is left to name', () => {
    const remove = (id) => ({ type: 'remove', id });
    assert.deepEqual(ids(run([choose(1, 2), remove(1)])), [2]);
    assert.equal(run([choose(1), remove(1)]), NO_PHOTOS);
    const sending = run([choose(1), { type: 'send' }]);
    assert.equal(reducePhotos(sending, remove(1)), sending);
  });

  test('that cannot be sent can be sent again', () => {
    const failed = run([choose(1), { type: 'send' }, { type: 'failed', problem: 'No.' }]);
    assert.equal(failed.phase, 'naming');
    assert.equal(failed.problem, 'No.');
    assert.deepEqual(ids(failed), [1]);
    assert.equal(run([{ type: 'send' }], failed).problem, null);
  });

  test('cannot be left while they are on their way', () => {
    const sending = run([choose(1), { type: 'send' }]);
    assert.equal(reducePhotos(sending, { type: 'close' }), sending);
    assert.equal(run([...DONE, { type: 'close' }]), NO_PHOTOS);
  });

  test('an answer without a question means nothing', () => {
    assert.equal(run([ANSWERED]), NO_PHOTOS);
    assert.equal(run([{ type: 'failed', problem: 'Late.' }]), NO_PHOTOS);
  });

  test('an unknown event is a fault of the page', () => {
    assert.throws(() => reducePhotos(NO_PHOTOS, { type: 'nonsense' }), TypeError);
  });
});
