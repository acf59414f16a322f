import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { IDLE, canCommit, isUnderWay, reduceCapture } from '../js/capture-state.js';

const progress = (verdict, accepted = 0, exampleId = null) => ({
  type: 'progress',
  message: {
    verdict,
    accepted,
    wanted: 3,
    example: exampleId && { example_id: exampleId, crop_jpeg: new Uint8Array([1]) },
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

describe('a capture', () => {
  test('goes from idle to saved', () => {
    const phases = [];
    let state = IDLE;
    for (const event of [...CAPTURED, { type: 'commit' }, { type: 'committed', identity: ada }]) {
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
    assert.equal(run([{ type: 'commit' }, { type: 'committed', identity: ada }, BEGIN], state).phase, 'starting');
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
    assert.deepEqual(ids(run([...CAPTURED, { type: 'commit' }, remove])), ['e1', 'e2', 'e3']);
  });

  test('without an example there is nothing to commit', () => {
    const state = run([...CAPTURED, ...['e1', 'e2', 'e3'].map((exampleId) => ({ type: 'remove', exampleId }))]);
    assert.equal(canCommit(state), false);
    assert.equal(reduceCapture(state, { type: 'commit' }), state);
  });

  test('is where a refusal leads back to, with the examples and the reason', () => {
    const state = run([...CAPTURED, { type: 'commit' }, { type: 'refused', problem: 'Not this name.' }]);
    assert.equal(state.phase, 'review');
    assert.equal(state.problem, 'Not this name.');
    assert.deepEqual(ids(state), ['e1', 'e2', 'e3']);
    assert.equal(run([{ type: 'commit' }], state).problem, null);
  });

  test('a late refusal means nothing', () => {
    const state = run(CAPTURED);
    assert.equal(reduceCapture(state, { type: 'refused', problem: 'Late.' }), state);
    assert.equal(reduceCapture(state, { type: 'committed', identity: ada }), state);
  });
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
    for (const events of [[], [BEGIN], CAPTURED, [...CAPTURED, { type: 'commit' }]]) {
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
    const saved = run([...CAPTURED, { type: 'commit' }, { type: 'committed', identity: ada }]);
    assert.equal(reduceCapture(saved, { type: 'failed', problem: 'Lost.' }), saved);
    assert.equal(reduceCapture(IDLE, { type: 'failed', problem: 'Lost.' }), IDLE);
    assert.equal(isUnderWay(saved), false);
  });

  test('an unknown event is a fault of the page', () => {
    assert.throws(() => reduceCapture(IDLE, { type: 'nonsense' }), TypeError);
  });
});
