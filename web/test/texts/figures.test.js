import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STAGES } from '../../js/figures/stage-stats.js';
import {
  STAGE_NAMES,
  askedTexts,
  frameRateText,
  framesText,
  latencyText,
  millisecondsText,
} from '../../js/texts/figures.js';

test('every stage has a name and a meaning', () => {
  assert.deepEqual(Object.keys(STAGE_NAMES), [...STAGES]);
});

test('the figures of the stages', () => {
  assert.deepEqual([null, 0, 2.25, 9.949, 9.96, 123.4].map(millisecondsText), [
    '– ms',
    '0.0 ms',
    '2.3 ms',
    '9.9 ms',
    '10 ms',
    '123 ms',
  ]);
  assert.deepEqual([null, 0, 1, 2.5].map(framesText), ['–', '0 frames', '1 frame', '2.5 frames']);
});

test('what the server asks for', () => {
  const flow = { rate: 12.54, width: 480, quality: 70, window: 2 };
  assert.deepEqual(askedTexts(flow), {
    rate: '12.5 fps, 2 in flight',
    picture: '480 px, quality 70',
  });
  assert.match(askedTexts({ ...flow, rate: 15 }).rate, /^15 fps/);
  assert.deepEqual(askedTexts(null), { rate: '–', picture: '–' });
});

test('figures that are not known are dashes, not zeros', () => {
  assert.equal(frameRateText(null), '– fps');
  assert.equal(frameRateText(0), '0 fps');
  assert.equal(frameRateText(14.6), '15 fps');
  assert.equal(latencyText(null), '– ms');
  assert.equal(latencyText(81.4), '81 ms');
});
