import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import {
  COACHED_POSES,
  IDLE,
  canCommit,
  isExtending,
  isUnderWay,
  lookAlikeOf,
  missingExamples,
  reduceCapture,
  storedAs,
  takingOf,
} from '../../js/enrolment/capture-state.js';
import { galleryFromHello } from '../../js/gallery/gallery.js';

const progress = (verdict, accepted = 0, exampleId = null, more = {}) => ({
  type: 'progress',
  message: {
    verdict,
    accepted,
    wanted: 3,
    example: exampleId && { example_id: exampleId, crop_jpeg: new Uint8Array([1]) },
    poses: { front: accepted, left: 0, right: 0, up: 0, down: 0 },
    coach: null,
    look_alike: null,
    ...more,
  },
});
const run = (events, state = IDLE) => events.reduce(reduceCapture, state);
const ids = (state) => state.examples.map((example) => example.exampleId);

const BEGIN = { type: 'begin', wanted: 10 };
const CAPTURED = [
  BEGIN,
  progress('started'),
  progress('accepted', 1, 'e1'),
  progress('accepted', 2, 'e2'),
  progress('complete', 3, 'e3'),
];
const ada = { identity_id: 'a', display_name: 'Ada', templates: 3 };
const COMMIT = { type: 'commit', sent: { displayName: 'Ada', templatesBefore: 0, kept: 3 } };

describe('a capture', () => {
  test('goes from idle to saved', () => {
    const phases = [];
    let state = IDLE;
    for (const event of [...CAPTURED, COMMIT, { type: 'committed', identity: ada }]) {
      state = reduceCapture(state, event);
      phases.push(state.phase);
    }
    assert.deepEqual(phases, [
      'starting',
      'capturing',
      'capturing',
      'capturing',
      'review',
      'committing',
      'saved',
    ]);
    assert.equal(state.saved, ada);
    assert.deepEqual(state.examples, []);
  });

  test('tells why no example is taken, and keeps those that were', () => {
    const state = run([...CAPTURED.slice(0, 3), progress('several_faces', 1)]);
    assert.equal(state.verdict, 'several_faces');
    assert.equal(state.accepted, 1);
    assert.deepEqual(ids(state), ['e1']);
  });

  test('learns from the server how many examples there will be', () => {
    assert.equal(run([BEGIN]).wanted, 10);
    assert.equal(run([BEGIN, progress('started')]).wanted, 3);
  });

  test('tells which poses there are, and what would help next', () => {
    const coached = progress('accepted', 1, 'e1', { coach: 'turn_left' });
    const state = run([...CAPTURED.slice(0, 2), coached]);
    assert.equal(state.poses.front, 1);
    assert.equal(state.coach, 'turn_left');
  });

  test('takes each example once', () => {
    const state = run([BEGIN, progress('started'), progress('accepted', 1, 'e1'), progress('accepted', 1, 'e1')]);
    assert.deepEqual(ids(state), ['e1']);
  });

  test('what belongs to the capture before is passed over until it has started', () => {
    const state = run([BEGIN, progress('accepted', 7, 'old')]);
    assert.equal(state.phase, 'starting');
    assert.deepEqual(ids(state), []);
  });

  test('a verdict after the last example changes nothing', () => {
    const state = run(CAPTURED);
    assert.equal(reduceCapture(state, progress('no_face', 3)), state);
  });

  test('begins only when none is under way', () => {
    const state = run(CAPTURED);
    assert.equal(reduceCapture(state, BEGIN), state);
    assert.equal(run([COMMIT, { type: 'committed', identity: ada }, BEGIN], state).phase, 'starting');
  });
});

describe('how far the taking of examples is', () => {
  test('is told while they are taken, and at no other time', () => {
    assert.equal(takingOf(IDLE), null);
    const starting = run([{ type: 'begin', wanted: 3 }]);
    assert.deepEqual(takingOf(starting), { accepted: 0, wanted: 3 });
    const capturing = run([progress('started'), progress('accepted', 1, 'a')], starting);
    assert.deepEqual(takingOf(capturing), { accepted: 1, wanted: 3 });
    const complete = run([progress('complete', 3, 'b')], capturing);
    assert.equal(takingOf(complete), null);
  });
});

describe('review', () => {
  test('an example can be removed, once', () => {
    const state = run([...CAPTURED, { type: 'remove', exampleId: 'e2' }, { type: 'remove', exampleId: 'e2' }]);
    assert.deepEqual(ids(state), ['e1', 'e3']);
  });

  test('none can be removed while they are taken or stored', () => {
    const remove = { type: 'remove', exampleId: 'e1' };
    assert.deepEqual(ids(run([...CAPTURED.slice(0, 3), remove])), ['e1']);
    assert.deepEqual(ids(run([...CAPTURED, COMMIT, remove])), ['e1', 'e2', 'e3']);
  });

  test('without an example there is nothing to commit', () => {
    const state = run([...CAPTURED, ...['e1', 'e2', 'e3'].map((exampleId) => ({ type: 'remove', exampleId }))]);
    assert.equal(canCommit(state), false);
    assert.equal(reduceCapture(state, COMMIT), state);
  });

  test('is where a refusal leads back to, with the examples and the reason', () => {
    const state = run([...CAPTURED, COMMIT, { type: 'refused', problem: 'Not this name.' }]);
    assert.equal(state.phase, 'review');
    assert.equal(state.problem, 'Not this name.');
    assert.deepEqual(ids(state), ['e1', 'e2', 'e3']);
    assert.equal(run([COMMIT], state).problem, null);
  });

  test('a late refusal means nothing', () => {
    const state = run(CAPTURED);
    assert.equal(reduceCapture(state, { type: 'refused', problem: 'Late.' }), state);
    assert.equal(reduceCapture(state, { type: 'committed', identity: ada }), state);
  });
});

describe('taking more', () => {
  const left = run([...CAPTURED, { type: 'remove', exampleId: 'e1' }]);
  const more = run([{ type: 'more' }], left);

  test('keeps what is left, and says how many there are', () => {
    assert.equal(more.phase, 'starting');
    assert.deepEqual(ids(more), ['e2', 'e3']);
    assert.equal(more.accepted, 2);
    assert.equal(more.wanted, 3);
    assert.equal(isExtending(more), true);
  });

  test('goes on when the server has agreed, whichever way it says so', () => {
    for (const agreed of [{ type: 'goes_on' }, progress('started', 2)]) {
      const state = run([agreed, progress('complete', 3, 'e4')], more);
      assert.equal(state.phase, 'review');
      assert.deepEqual(ids(state), ['e2', 'e3', 'e4']);
    }
  });

  test('that is refused leads back to what is left', () => {
    const state = run([{ type: 'refused', problem: 'Busy.' }], more);
    assert.equal(state.phase, 'review');
    assert.equal(state.problem, 'Busy.');
    assert.deepEqual(ids(state), ['e2', 'e3']);
  });

  test('a capture that only begins cannot be led back to', () => {
    const state = run([BEGIN]);
    assert.equal(isExtending(state), false);
    assert.equal(reduceCapture(state, { type: 'refused', problem: 'Late.' }), state);
  });

  test('means nothing but in review', () => {
    for (const state of [IDLE, run(CAPTURED.slice(0, 3)), run([...CAPTURED, COMMIT])]) {
      assert.equal(reduceCapture(state, { type: 'more' }), state);
    }
  });
});

describe('too few examples', () => {
  const left = run([...CAPTURED, { type: 'remove', exampleId: 'e1' }]);

  test('cannot be committed, and the missing ones are counted to the number wanted', () => {
    assert.equal(canCommit(left, 3), false);
    assert.equal(missingExamples(left, 3), 1);
    assert.equal(missingExamples(left, 5), 3); // the server wants more than it took
  });

  test('enough are enough, though fewer than were taken', () => {
    assert.equal(canCommit(left, 2), true);
    assert.equal(missingExamples(left, 2), 0);
  });

  test('without any, one is needed whatever the server says', () => {
    const none = run(['e2', 'e3'].map((exampleId) => ({ type: 'remove', exampleId })), left);
    assert.equal(canCommit(none, 0), false);
    assert.equal(missingExamples(none, 0), 3);
  });

  test('is no matter while they are taken', () => {
    assert.equal(missingExamples(run(CAPTURED.slice(0, 3)), 3), 0);
  });
});

describe('a look-alike', () => {
  const bob = { identity_id: 'b', display_name: 'Bob', templates: 5 };
  const gallery = galleryFromHello({ revision: 1, identities: [ada, bob] });
  const look_alike = { identity_id: 'a', display_name: 'Ada L.', confidence: 0.87 };
  const state = run([...CAPTURED.slice(0, 4), progress('complete', 3, 'e3', { look_alike })]);

  test('is warned of in review, with the name of now', () => {
    assert.deepEqual(lookAlikeOf(state, gallery, ''), { identity: ada, confidence: 0.87 });
    assert.deepEqual(lookAlikeOf(state, gallery, 'Bob')?.identity, ada);
  });

  test('is not warned of where the examples are for that person', () => {
    assert.equal(lookAlikeOf(state, gallery, ' aDA '), null);
  });

  test('is not warned of once that person is gone, and not without one', () => {
    const without = galleryFromHello({ revision: 2, identities: [bob] });
    assert.equal(lookAlikeOf(state, without, 'Cy'), null);
    assert.equal(lookAlikeOf(run(CAPTURED), gallery, 'Cy'), null);
  });

  test('is not warned of while it is stored, nor when more are taken', () => {
    assert.equal(lookAlikeOf(run([COMMIT], state), gallery, 'Cy'), null);
    assert.equal(run([{ type: 'more' }], state).lookAlike, null);
  });
});

describe('a commit whose answer is missing', () => {
  const unsure = run([...CAPTURED, COMMIT, { type: 'unanswered' }]);
  const galleryWith = (...identities) => galleryFromHello({ revision: 1, identities });

  test('is found in the gallery by name and number', () => {
    assert.equal(unsure.phase, 'unsure');
    assert.equal(storedAs(unsure, galleryWith(ada)), ada);
    assert.equal(storedAs(unsure, galleryWith()), null);
    assert.equal(storedAs(unsure, galleryWith({ ...ada, templates: 2 })), null);
  });

  test('is not looked for when none is missing', () => {
    assert.equal(storedAs(run(CAPTURED), galleryWith(ada)), null);
  });

  test('leads back to review, and can still be found', () => {
    const state = run([{ type: 'unknown', problem: 'Not known.' }], unsure);
    assert.equal(state.phase, 'review');
    assert.equal(state.problem, 'Not known.');
    assert.equal(storedAs(state, galleryWith(ada)), ada);
    assert.equal(run([{ type: 'committed', identity: ada }], state).phase, 'saved');
  });

  test('is over with its session', () => {
    assert.equal(run([{ type: 'failed', problem: 'Lost.' }], unsure).phase, 'idle');
  });

  test('what was answered is not missing', () => {
    const refused = run([...CAPTURED, COMMIT, { type: 'refused', problem: 'No.' }]);
    assert.equal(storedAs(refused, galleryWith(ada)), null);
    assert.equal(reduceCapture(refused, { type: 'unanswered' }), refused);
    assert.equal(reduceCapture(refused, { type: 'unknown', problem: 'x' }), refused);
  });
});

test('the coach asks for the poses of the contract, each by one of its words', async () => {
  const contract = await readFile(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
  const quoted = (field) =>
    [...contract.match(new RegExp(`\\| \`${field}\` \\|.*`))[0].matchAll(/`([a-z_]+)`/g)]
      .map(([, word]) => word)
      .slice(1);
  assert.deepEqual(Object.keys(COACHED_POSES), quoted('coach'));
  assert.deepEqual(Object.values(COACHED_POSES), quoted('poses'));
});

describe('silence, after the last verdict was lost with a connection', () => {
  const silence = { type: 'silence', problem: 'Lost.' };

  test('leads to the review of the examples that arrived', () => {
    const state = run([...CAPTURED.slice(0, 4), silence]);
    assert.equal(state.phase, 'review');
    assert.deepEqual(ids(state), ['e1', 'e2']);
    assert.equal(canCommit(state), true);
  });

  test('ends a capture of which nothing arrived', () => {
    const state = run([...CAPTURED.slice(0, 2), silence]);
    assert.equal(state.phase, 'idle');
    assert.equal(state.problem, 'Lost.');
  });

  test('is ordinary before a capture has started, and after its last example', () => {
    for (const events of [[], [BEGIN], CAPTURED, [...CAPTURED, COMMIT]]) {
      const state = run(events);
      assert.equal(reduceCapture(state, silence), state);
    }
  });
});

describe('the end', () => {
  test('a discarded capture leaves nothing', () => {
    assert.equal(run([...CAPTURED, { type: 'discarded' }]), IDLE);
  });

  test('a lost connection leaves the reason', () => {
    for (let length = 1; length <= CAPTURED.length; length += 1) {
      const state = run([...CAPTURED.slice(0, length), { type: 'failed', problem: 'Lost.' }]);
      assert.equal(state.phase, 'idle');
      assert.equal(state.problem, 'Lost.');
      assert.deepEqual(state.examples, []);
    }
  });

  test('a lost connection is no matter when no capture is under way', () => {
    const saved = run([...CAPTURED, COMMIT, { type: 'committed', identity: ada }]);
    assert.equal(reduceCapture(saved, { type: 'failed', problem: 'Lost.' }), saved);
    assert.equal(reduceCapture(IDLE, { type: 'failed', problem: 'Lost.' }), IDLE);
    assert.equal(isUnderWay(saved), false);
  });

  test('an unknown event is a fault of the page', () => {
    assert.throws(() => reduceCapture(IDLE, { type: 'nonsense' }), TypeError);
  });
});
