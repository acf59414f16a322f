import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { STAGES } from '../js/stage-stats.js';
import { COACHED_POSES } from '../js/capture-state.js';
import {
  COACH,
  CONNECTION_NOTICES,
  ERRORS,
  STAGE_NAMES,
  VERDICTS,
  askedTexts,
  cameraName,
  capturedLabel,
  connectionText,
  errorText,
  examplesText,
  faceLabel,
  fileErrorText,
  fileText,
  foreignText,
  frameRateText,
  framesText,
  joinStatusText,
  latencyText,
  lookAlikeText,
  millisecondsText,
  moveNoteText,
  namesText,
  personAboutText,
  photoText,
  photosText,
  planLines,
  poseText,
  shareText,
  storedExampleText,
  timeLeftText,
  tooFewText,
  verdictText,
  verdictTone,
  whyText,
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

test('the time of a join link is told in minutes and seconds', () => {
  assert.match(timeLeftText(600), /\b10:00\b/);
  assert.match(timeLeftText(61), /\b1:01\b/);
  assert.match(timeLeftText(9), /\b0:09\b/);
});

test('a join link says what the phone may do with it', () => {
  const text = (role, link) => joinStatusText({ phase: 'ready', role, link: { role: link ?? role } });
  assert.match(text('viewer'), /nothing else/);
  assert.match(text('operator'), /add people/);
  assert.match(text('viewer', 'admin'), /everything/);
  assert.equal(joinStatusText({ phase: 'failed', problem: 'So it is.' }), 'So it is.');
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

test('a face of which examples are taken says how far that is', () => {
  assert.deepEqual(capturedLabel({ accepted: 3, wanted: 10 }), {
    name: 'Capturing',
    detail: '3 of 10',
  });
});

test('a camera without a name has a number', () => {
  assert.equal(cameraName('USB camera', 2), 'USB camera');
  assert.equal(cameraName('', 2), 'Camera 2');
});

test('numbers agree with their nouns', () => {
  assert.equal(examplesText(0), '0 examples');
  assert.equal(examplesText(1), '1 example');
  assert.equal(examplesText(10), '10 examples');
});

test('the wait for the server is counted down', () => {
  assert.match(connectionText({ state: 'reconnecting', retryInS: 7 }), /7 s/);
  assert.match(connectionText({ state: 'reconnecting', retryInS: null }), /Reconnecting/);
  assert.equal(connectionText({ state: 'reconnecting', retryInS: 7, offline: true }), 'No network');
});

test('what is live but slow is called so', () => {
  assert.equal(connectionText({ state: 'live' }), 'Live');
  assert.match(connectionText({ state: 'live', slow: true }), /slow/);
  assert.match(connectionText({ state: 'reconnecting', retryInS: 7, slow: true }), /7 s/);
});

test('a live connection by the slower way says so', () => {
  assert.equal(connectionText({ state: 'live', transport: 'socket' }), 'Live');
  assert.match(connectionText({ state: 'live', transport: 'tunnel' }), /^Live.*slower/);
  assert.doesNotMatch(connectionText({ state: 'reconnecting', transport: 'tunnel' }), /slower/);
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

describe('why a face has its name, or none', () => {
  const anna = { display_name: 'Anna', similarity: 0.41 };
  const bob = { display_name: 'Bob', similarity: 0.395 };
  const why = (fields) =>
    whyText({
      name: null,
      confidence: 0.2,
      reason: 'too_far',
      similarity: 0.41,
      threshold: 0.52,
      lead_needed: 0.05,
      candidates: [anna, bob],
      ...fields,
    });

  test('it is known', () => {
    const known = { name: 'Anna', reason: null, similarity: 0.71, confidence: 0.97 };
    assert.equal(why(known), 'Looks like Anna, 0.71, and 0.52 is needed. 97 % certain.');
  });

  test('it is too far', () => {
    assert.equal(why({}), 'Looks most like Anna, 0.41, but 0.52 is needed.');
  });

  test('two are as close', () => {
    const text = why({ reason: 'ambiguous', similarity: 0.6 });
    assert.match(text, /Anna, 0\.60.*Bob.*0\.05/);
    assert.match(why({ reason: 'ambiguous', candidates: [anna] }), /examples agree/);
  });

  test('it is a poor face, or was rejected', () => {
    assert.match(why({ reason: 'poor_face' }), /small.*blurred/);
    assert.match(why({ reason: 'rejected' }), /is not Anna/);
  });

  test('nobody is known', () => {
    const nobody = why({ reason: 'gallery_empty', candidates: [] });
    assert.equal(nobody, 'Nobody is known yet, so nobody can be recognised.');
    assert.equal(why({ candidates: [] }), nobody);
  });

  test('a reason of a newer server still has its figures', () => {
    assert.match(why({ reason: 'bad_luck' }), /Anna, 0\.41.*0\.52/);
  });
});

test('a stored example says what it is, and what is the matter with it', () => {
  const example = { source: 'photo', created_at_ms: 0, has_crop: true, searched: true };
  assert.match(storedExampleText(example, 3), /^Example 3, photo, .*\b(1969|1970)\b/);
  assert.doesNotMatch(storedExampleText(example, 3), /model|picture is/);
  assert.match(storedExampleText({ ...example, has_crop: false }, 1), /no picture/);
  assert.match(storedExampleText({ ...example, searched: false }, 1), /another model/);
});

test('until when somebody is kept is told, if it is known', () => {
  const person = { templates: 1, created_at_ms: 0, expires_at_ms: null };
  assert.match(personAboutText(person), /^1 example, known since /);
  assert.doesNotMatch(personAboutText(person), /until/);
  const end = new Date(2027, 4, 2).getTime(); // the end of the day before
  assert.match(personAboutText({ ...person, expires_at_ms: end }), /until .*\b0?1\b/);
});

test('where chosen examples would go', () => {
  assert.match(moveNoteText({ display_name: 'Bob' }, 'bob'), /^Bob is known/);
  assert.match(moveNoteText(undefined, 'Cy'), /^Cy will be a new person/);
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

test('many names are not all listed', () => {
  assert.equal(namesText([]), '');
  assert.equal(namesText(['A', 'B']), 'A, B');
  assert.equal(namesText([...'ABCDE']), 'A, B, C, D, E');
  assert.equal(namesText([...'ABCDEFG']), 'A, B, C, D, E and 2 more');
});

describe('what restoring would do', () => {
  const plan = {
    people_new: ['Cy'],
    people_changed: [{ display_name: 'Ada', added: 4 }],
    people_removed: ['Bob', 'Dan'],
    examples_new: 14,
    examples_known: 20,
  };
  const nothing = {
    people_new: [],
    people_changed: [],
    people_removed: [],
    examples_new: 0,
    examples_known: 20,
  };

  test('those who go are told first', () => {
    assert.deepEqual(planLines(plan, 'replace'), [
      '2 people are deleted: Bob, Dan.',
      '1 person is added: Cy.',
      'More examples for Ada (4).',
      '14 examples to add, 20 known already.',
      'Examples that are not in the file are deleted.',
    ]);
  });

  test('that nothing is missing is said of adding only', () => {
    assert.equal(planLines(nothing, 'merge')[0], 'Nothing is missing here.');
    assert.equal(planLines(nothing, 'merge').length, 2);
    assert.match(planLines(nothing, 'replace').at(-1), /are deleted/);
  });
});

test('who is in a photo', () => {
  const told = (...names) =>
    fileText({ phase: 'told', fileName: '', faces: names.map((name) => ({ name })), problem: null });
  assert.equal(told(), 'No face was found.');
  assert.equal(told(null), '1 face: unknown.');
  assert.equal(told('Ada', null), '2 faces: Ada, unknown.');
  assert.equal(told(null, 'Ada', null, 'Bob'), '4 faces: Ada, Bob, 2 unknown.');
});

test('what is wrong with a photo does not speak of the camera', () => {
  for (const code of ['bad_picture', 'picture_too_large', 'message_too_big']) {
    assert.match(fileErrorText({ code }), /photo/);
    assert.doesNotMatch(fileErrorText({ code }), /camera/);
  }
  assert.equal(fileErrorText({ code: 'worker_failed' }), ERRORS.worker_failed);
});

test('examples of another model', () => {
  const none = { running: false, done: 0, total: 40, without_crop: 0 };
  const status = (fields) => foreignText({ ...none, ...fields });
  assert.match(status({}), /^40 examples were made by another model, and are not searched\.$/);
  assert.match(status({ total: 1 }), /^1 example was made .* is not searched/);
  assert.match(status({ without_crop: 2 }), /2 of them cannot/);
  const running = status({ running: true, done: 9, without_crop: 2 });
  assert.equal(running, '9 of 38 examples are embedded anew…');
  assert.match(status({ done: 40 }), /are searched now/);
  assert.match(status({ done: 38, without_crop: 2 }), /^2 examples were made/);
});
