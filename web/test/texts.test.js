import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { STAGES } from '../js/stage-stats.js';
import {
  CONNECTION_NOTICES,
  ERRORS,
  STAGE_NAMES,
  VERDICTS,
  askedTexts,
  connectionText,
  errorText,
  examplesText,
  faceLabel,
  frameRateText,
  framesText,
  latencyText,
  millisecondsText,
  shareText,
} from '../js/texts.js';

const contract = await readFile(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

/** What stands in backquotes in `text`, in its order. */
const quoted = (text) => [...text.matchAll(/`([a-z_]+)`/g)].map(([, word]) => word);

test('there is a sentence for every verdict of the contract', () => {
  const verdicts = quoted(contract.match(/Verdicts of a capture: ([^]*?)\.\s/)[1]);
  assert.ok(verdicts.length >= 10);
  assert.deepEqual(Object.keys(VERDICTS).sort(), [...new Set(verdicts)].sort());
});

test('there is a sentence for every error that a person can do something about', () => {
  const [, table] = contract.match(/## Error codes\n([^]*?)\n## /);
  const codes = [...table.matchAll(/^\| `([a-z_]+)`/gm)].map(([, code]) => code);
  assert.ok(codes.length >= 15);
  // Faults of the program: the server's own sentence says more than one made up here.
  const told = ['bad_message', 'unsupported_version', 'internal'];
  // The close code has a notice of its own; and a refused upgrade tells a page no reason.
  told.push('resumed_elsewhere', 'idle', 'too_many_connections');
  for (const code of codes) {
    assert.equal(code in ERRORS, !told.includes(code), code);
  }
});

test('there is a notice for every reason to stay closed, with a way out', () => {
  for (const reason of ['version', 'fault', 'elsewhere', 'idle']) {
    assert.ok(CONNECTION_NOTICES[reason].action, reason);
  }
});

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
  assert.deepEqual([null, 0, 0.334, 1].map(shareText), ['–', '0 %', '33 %', '100 %']);
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

describe('errorText', () => {
  test('prefers our sentence, then the server’s', () => {
    assert.equal(errorText({ code: 'bad_name', message: 'x' }), ERRORS.bad_name);
    assert.equal(errorText({ code: 'brand_new', message: 'The server says so.' }), 'The server says so.');
  });

  test('shows nobody a stack trace', () => {
    assert.equal(errorText(new TypeError('x is not a function')), ERRORS.page_fault);
    assert.equal(errorText(undefined), ERRORS.page_fault);
  });
});

test('figures that are not known are dashes, not zeros', () => {
  assert.equal(frameRateText(null), '– fps');
  assert.equal(frameRateText(0), '0 fps');
  assert.equal(frameRateText(14.6), '15 fps');
  assert.equal(latencyText(null), '– ms');
  assert.equal(latencyText(81.4), '81 ms');
});

test('a face has a name with its confidence, or is unknown', () => {
  assert.deepEqual(faceLabel({ name: 'Ada', confidence: 0.973 }), { name: 'Ada', detail: '97 %' });
  assert.deepEqual(faceLabel({ name: null, confidence: 0.4 }), { name: 'unknown', detail: '' });
});

test('numbers agree with their nouns', () => {
  assert.equal(examplesText(0), '0 examples');
  assert.equal(examplesText(1), '1 example');
  assert.equal(examplesText(10), '10 examples');
});

test('the wait for the server is counted down', () => {
  assert.match(connectionText({ state: 'reconnecting', retryInS: 7 }), /7 s/);
  assert.match(connectionText({ state: 'reconnecting', retryInS: null }), /Reconnecting/);
});
