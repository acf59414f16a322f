import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { COACHED_POSES } from '../../js/enrolment/capture-state.js';
import {
  COACH,
  VERDICTS,
  capturedLabel,
  lookAlikeText,
  photoText,
  photosText,
  poseText,
  tooFewText,
  verdictText,
  verdictTone,
} from '../../js/texts/enrolment.js';

const contract = await readFile(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

/** What stands in backquotes in `text`, in its order. */
const quoted = (text) => [...text.matchAll(/`([a-z_]+)`/g)].map(([, word]) => word);

test('there is a sentence for every verdict of the contract', () => {
  const verdicts = quoted(contract.match(/Verdicts of a capture: ([^]*?)\.\s/)[1]);
  assert.ok(verdicts.length >= 10);
  assert.deepEqual(Object.keys(VERDICTS).sort(), [...new Set(verdicts)].sort());
});

test('a face of which examples are taken says how far that is', () => {
  assert.deepEqual(capturedLabel({ accepted: 3, wanted: 10 }), {
    name: 'Capturing',
    detail: '3 of 10',
  });
});

describe('the verdict of a frame', () => {
  const text = (verdict, coach = null) => verdictText({ verdict, coach });
  const tone = (verdict) => verdictTone({ verdict });

  test('there is a sentence for all that the coach may ask for', () => {
    assert.deepEqual(Object.keys(COACH), Object.keys(COACHED_POSES));
  });

  test('where it is good, the coach has the word, if there is one', () => {
    assert.equal(text('wait', 'turn_left'), COACH.turn_left);
    assert.equal(text('accepted'), VERDICTS.accepted);
    assert.equal(text('accepted', 'stand_on_one_leg'), VERDICTS.accepted);
  });

  test('where it is not, the reason comes first', () => {
    assert.equal(text('too_dark', 'turn_left'), VERDICTS.too_dark);
    assert.equal(text('started', 'turn_left'), VERDICTS.started);
  });

  test('one of a newer server is shown as it is, and as a reason', () => {
    assert.equal(text('upside_down'), 'upside_down');
    assert.equal(tone('upside_down'), 'bad');
  });

  test('good, neutral and bad look different', () => {
    assert.deepEqual(['wait', 'too_alike', 'turned_away'].map(tone), ['good', 'neutral', 'bad']);
  });
});

test('what a capture has, and what it lacks', () => {
  assert.equal(poseText('left', true), 'Left: taken');
  assert.equal(poseText('up', false), 'Up: not yet');
  assert.equal(tooFewText(3, 5), 'At least 5 examples are needed; 3 are left.');
  assert.equal(tooFewText(1, 2), 'At least 2 examples are needed; 1 is left.');
  assert.equal(tooFewText(0, 1), 'At least 1 example is needed; none is left.');
  assert.equal(lookAlikeText({ display_name: 'Anna' }, 0.871), 'This looks like Anna (87 %).');
});

test('what became of photos', () => {
  assert.equal(photoText({ verdict: null, message: null }), '');
  assert.equal(photoText({ verdict: 'accepted', message: 'x' }), 'Added');
  assert.equal(photoText({ verdict: 'blurred', message: 'Too blurred.' }), 'Too blurred.');
  assert.equal(photoText({ verdict: 'blurred', message: null }), 'blurred');
  assert.match(photosText('naming', 1, 0), /^1 photo of one person/);
  assert.match(photosText('done', 3, 2), /^2 of 3 photos/);
  assert.equal(photosText('done', 3, 0), 'No photo could be used.');
});
