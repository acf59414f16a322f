import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_FILE, fileKind, reduceFile } from '../../js/files/file-state.js';

const photo = { type: 'open', kind: 'photo', fileName: 'a.jpg' };
const video = { type: 'open', kind: 'video', fileName: 'b.webm' };
const ada = { name: 'Ada', box_xyxy: [0, 0, 1, 1] };

/** The phases that a row of events leads through. */
function phases(...events) {
  let state = NO_FILE;
  return events.map((event) => {
    state = reduceFile(state, event);
    return state.phase;
  });
}

describe('reduceFile', () => {
  test('a photo is looked into, and told', () => {
    assert.deepEqual(phases(photo, { type: 'answered', faces: [ada] }), ['looking', 'told']);
  });

  test('a photo whose faces were not told says why, and stays', () => {
    const state = reduceFile(reduceFile(NO_FILE, photo), { type: 'failed', problem: 'Busy.' });
    assert.deepEqual(state, { phase: 'failed', fileName: 'a.jpg', faces: [], problem: 'Busy.' });
  });

  test('a video plays, and has no faces of its own', () => {
    assert.deepEqual(phases(video, { type: 'answered', faces: [ada] }), ['playing', 'playing']);
  });

  test('whatever is opened takes the place of what was there, and of its faces', () => {
    const told = reduceFile(reduceFile(NO_FILE, photo), { type: 'answered', faces: [ada] });
    assert.deepEqual(reduceFile(told, { ...photo, fileName: 'c.jpg' }), {
      phase: 'looking',
      fileName: 'c.jpg',
      faces: [],
      problem: null,
    });
  });

  test('what comes after it was closed changes nothing', () => {
    const events = [photo, { type: 'close' }, { type: 'answered', faces: [] }];
    assert.deepEqual(phases(...events), ['looking', 'closed', 'closed']);
    assert.equal(reduceFile(NO_FILE, { type: 'failed', problem: 'No.' }), NO_FILE);
  });

  test('an event that there is not is a fault', () => {
    assert.throws(() => reduceFile(NO_FILE, /** @type {any} */ ({ type: 'shut' })), TypeError);
  });
});

test('what a file is', () => {
  assert.equal(fileKind({ type: 'image/heic' }), 'photo');
  assert.equal(fileKind({ type: 'video/quicktime' }), 'video');
  assert.equal(fileKind({ type: 'application/pdf' }), null);
  assert.equal(fileKind({ type: '' }), null);
});
