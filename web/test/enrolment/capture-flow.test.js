import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RequestError } from '../../js/connection/request-error.js';
import { CaptureFlow } from '../../js/enrolment/capture-flow.js';
import { IDLE, reduceCapture } from '../../js/enrolment/capture-state.js';
import { galleryFromHello } from '../../js/gallery/gallery.js';
import { COMMIT_LOST, CONNECTION_LOST_IN_CAPTURE } from '../../js/texts/enrolment.js';
import { ERRORS } from '../../js/texts/errors.js';
import { FakePanel, answers } from '../fakes.js';

const ada = (templates) => ({ identity_id: 'a', display_name: 'Ada', templates });
const refused = (code) => new RequestError(code, 'no', false);
const lost = () => new RequestError('connection_lost', 'lost', true);
const example = (exampleId) => ({ exampleId, cropJpeg: new Uint8Array([1]) });

const REVIEW = Object.freeze({
  ...IDLE,
  phase: 'review',
  wanted: 3,
  examples: ['e1', 'e2', 'e3'].map(example),
});
const COMMIT = Object.freeze({ displayName: 'ada ', keep: ['e1', 'e2', 'e3'] });

function setUp(state, ...list) {
  const { ask, asked } = answers(...list);
  const panel = new FakePanel(reduceCapture, state);
  const world = { gallery: galleryFromHello({ revision: 1, identities: [] }) };
  const saved = [];
  const reported = [];
  const flow = new CaptureFlow({
    connection: { request: ask },
    panel,
    gallery: () => world.gallery,
    saved: (identity) => saved.push(identity),
    report: (error) => reported.push(error),
  });
  const galleryIs = (...identities) => {
    world.gallery = galleryFromHello({ revision: 2, identities });
    flow.galleryChanged();
  };
  return { flow, panel, asked, saved, reported, galleryIs };
}

describe('beginning', () => {
  test('asks for the number that the server is set to', async () => {
    const { flow, panel, asked } = setUp(IDLE, {});
    await flow.begin(10);
    assert.deepEqual(asked, [['enrol_begin', { wanted: null }]]);
    assert.equal(panel.state.phase, 'starting'); // `started` comes as a message of its own
  });

  test('that is refused says why', async () => {
    const { flow, panel } = setUp(IDLE, refused('fingerprint_mismatch'));
    await flow.begin(10);
    assert.equal(panel.state.phase, 'idle');
    assert.equal(panel.state.problem, ERRORS.fingerprint_mismatch);
  });

  test('that is lost with the connection is asked for again when the session is back', async () => {
    const { flow, panel, asked } = setUp(IDLE, lost(), {});
    await flow.begin(10);
    assert.equal(panel.state.phase, 'starting');
    flow.connected(true);
    assert.deepEqual(asked.map(([type]) => type), ['enrol_begin', 'enrol_begin']);
  });

  test('that is lost with the session is over', async () => {
    const { flow, panel, asked } = setUp(IDLE, lost());
    await flow.begin(10);
    flow.connected(false);
    assert.equal(panel.state.problem, CONNECTION_LOST_IN_CAPTURE);
    assert.equal(asked.length, 1);
  });
});

describe('taking more', () => {
  test('keeps those that are left, and goes on when the server says so', async () => {
    const { flow, panel, asked } = setUp({ ...REVIEW, examples: [example('e2')] }, {});
    await flow.more();
    assert.deepEqual(asked, [['enrol_more', { keep: ['e2'] }]]);
    assert.equal(panel.state.phase, 'capturing');
    assert.deepEqual(panel.state.examples.map((one) => one.exampleId), ['e2']);
  });

  test('goes on where none is left, too', async () => {
    const { flow, panel, asked } = setUp({ ...REVIEW, examples: [] }, {});
    await flow.more();
    assert.equal(asked[0][0], 'enrol_begin');
    assert.equal(panel.state.phase, 'starting');
  });

  test('that is refused leads back to the examples', async () => {
    const { flow, panel } = setUp(REVIEW, refused('overloaded'));
    await flow.more();
    assert.equal(panel.state.phase, 'review');
    assert.equal(panel.state.examples.length, 3);
    assert.equal(panel.state.problem, ERRORS.overloaded);
  });

  test('of a capture that the server has forgotten is over', async () => {
    const { flow, panel } = setUp(REVIEW, refused('no_enrolment'));
    await flow.more();
    assert.equal(panel.state.phase, 'idle');
  });

  test('that is lost with the connection is asked for again, with what is kept', async () => {
    const { flow, asked } = setUp(REVIEW, lost(), {});
    await flow.more();
    flow.connected(true);
    assert.deepEqual(asked[1], ['enrol_more', { keep: ['e1', 'e2', 'e3'] }]);
  });
});

describe('discarding', () => {
  for (const code of ['no_enrolment', 'connection_lost']) {
    test(`${code} is what was wanted`, async () => {
      const { flow, panel, reported } = setUp(REVIEW, refused(code));
      await flow.discard();
      assert.equal(panel.state, IDLE);
      assert.deepEqual(reported, []);
    });
  }

  test('other errors are reported', async () => {
    const { flow, reported } = setUp(REVIEW, refused('internal'));
    await flow.discard();
    assert.equal(reported[0].code, 'internal');
  });
});

describe('a commit', () => {
  test('is saved', async () => {
    const { flow, panel, asked, saved } = setUp(REVIEW, { identity: ada(3) });
    await flow.commit(COMMIT);
    assert.deepEqual(asked, [['enrol_commit', { display_name: 'ada ', keep: COMMIT.keep }]]);
    assert.equal(panel.state.phase, 'saved');
    assert.deepEqual(saved, [ada(3)]);
  });

  test('is saved once, though the gallery tells of it first', async () => {
    const { flow, saved, galleryIs, panel } = setUp(REVIEW);
    panel.dispatch({
      type: 'commit',
      sent: { displayName: 'Ada', templatesBefore: 0, kept: 3 },
    });
    galleryIs(ada(3));
    assert.equal(panel.state.phase, 'committing');
    assert.deepEqual(saved, []);
    assert.ok(flow);
  });

  test('that is refused leads back, and nothing in the gallery changes that', async () => {
    const { flow, panel, galleryIs } = setUp(REVIEW, refused('bad_name'));
    await flow.commit(COMMIT);
    assert.equal(panel.state.phase, 'review');
    assert.equal(panel.state.problem, ERRORS.bad_name);
    galleryIs(ada(3)); // somebody else added her
    assert.equal(panel.state.phase, 'review');
  });
});

describe('a commit whose answer was lost', () => {
  test('waits until the gallery is known again', async () => {
    const { flow, panel, saved } = setUp(REVIEW, lost());
    await flow.commit(COMMIT);
    assert.equal(panel.state.phase, 'unsure');
    assert.deepEqual(saved, []);
  });

  for (const resumed of [true, false]) {
    test(`was done if the examples are there, session ${resumed ? 'back' : 'gone'}`, async () => {
      const { flow, panel, saved, galleryIs } = setUp(REVIEW, lost());
      galleryIs(ada(4)); // she had some before
      await flow.commit(COMMIT);
      galleryIs(ada(7));
      flow.connected(resumed);
      assert.equal(panel.state.phase, 'saved');
      assert.deepEqual(saved, [ada(7)]); // told once
    });
  }

  test('was not done, as far as one knows, if she has none more; it can be again', async () => {
    const { flow, panel, saved, galleryIs } = setUp(REVIEW, lost(), { identity: ada(7) });
    galleryIs(ada(4));
    await flow.commit(COMMIT);
    flow.connected(true);
    assert.equal(panel.state.phase, 'review');
    assert.match(panel.state.problem, /not known/);
    assert.doesNotMatch(panel.state.problem, /forgotten/);
    await flow.commit(COMMIT);
    assert.deepEqual(saved, [ada(7)]);
  });

  test('may show itself only later', async () => {
    const { flow, panel, saved, galleryIs } = setUp(REVIEW, lost());
    await flow.commit(COMMIT);
    flow.connected(true);
    galleryIs(ada(2)); // of somebody else's capture
    assert.equal(panel.state.phase, 'review');
    galleryIs(ada(3));
    assert.equal(panel.state.phase, 'saved');
    assert.deepEqual(saved, [ada(3)]);
  });

  test('was done if the server has forgotten the capture and she has the examples', async () => {
    const { flow, panel, saved, galleryIs } = setUp(REVIEW, lost(), refused('no_enrolment'));
    await flow.commit(COMMIT);
    flow.connected(true);
    const second = flow.commit(COMMIT);
    galleryIs(ada(3)); // while the second is under way
    await second;
    assert.equal(panel.state.phase, 'saved');
    assert.deepEqual(saved, [ada(3)]);
  });

  test('and which the server has forgotten is over, with the reason', async () => {
    const { flow, panel } = setUp(REVIEW, lost(), refused('no_enrolment'));
    await flow.commit(COMMIT);
    flow.connected(true);
    await flow.commit(COMMIT);
    assert.equal(panel.state.phase, 'idle');
    assert.equal(panel.state.problem, ERRORS.no_enrolment);
  });

  test('is over with its session, if she has none more', async () => {
    const { flow, panel } = setUp(REVIEW, lost());
    await flow.commit(COMMIT);
    flow.connected(false);
    assert.equal(panel.state.phase, 'idle');
    assert.equal(panel.state.problem, COMMIT_LOST);
  });

  test('without a lost connection is looked up at once', async () => {
    const { flow, panel } = setUp(REVIEW, refused('no_answer'));
    await flow.commit(COMMIT);
    assert.equal(panel.state.phase, 'review');
    assert.match(panel.state.problem, /not known/);
  });
});

test('no connection, for good, ends a capture', () => {
  const { flow, panel } = setUp(REVIEW);
  flow.disconnected();
  assert.equal(panel.state.problem, CONNECTION_LOST_IN_CAPTURE);
});
