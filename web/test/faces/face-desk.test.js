import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RequestError } from '../../js/connection/request-error.js';
import { FaceDesk } from '../../js/faces/face-desk.js';
import { NO_FACE, reduceFace } from '../../js/faces/face-state.js';
import { FakePanel, answers, settle } from '../fakes.js';

const explained = (track, name = 'Ada') => ({ track, name, identity_id: 'a', candidates: [] });
const ada = { identityId: 'a', displayName: 'Ada' };
const gone = () => new RequestError('no_such_face', 'gone', false);

function setUp(...list) {
  const { ask, asked } = answers(...list);
  const panel = new FakePanel(reduceFace, NO_FACE);
  const told = [];
  const reported = [];
  const desk = new FaceDesk({
    connection: { request: ask },
    panel,
    undo: { tell: (text, undo, takeBack) => told.push({ text, undo, takeBack }) },
    report: (error) => reported.push(error.code),
  });
  return { desk, panel, asked, told, reported };
}

test('a face is explained', async () => {
  const { desk, panel, asked } = setUp(explained(7));
  await desk.ask(7);
  assert.deepEqual(asked, [['face_why', { track: 7 }]]);
  assert.equal(panel.state.explained.name, 'Ada');
});

test('a face that has left closes the panel, with a sentence', async () => {
  const { desk, panel, reported } = setUp(gone());
  await desk.ask(7);
  assert.equal(panel.state, NO_FACE);
  assert.deepEqual(reported, ['no_such_face']);
});

test('that one face has left does not close another one', async () => {
  const { desk, panel } = setUp(gone(), explained(8));
  await Promise.all([desk.ask(7), desk.ask(8)]);
  assert.equal(panel.state.track, 8);
  assert.equal(panel.state.phase, 'told');
});

describe('not this person', () => {
  test('is told to the server, can be taken back, and is looked at anew each time', async () => {
    const undo = { undo_id: 'u', seconds: 60 };
    const { desk, panel, asked, told } = setUp(
      explained(7),
      { undo },
      explained(7, null),
      {},
      explained(7),
    );
    await desk.ask(7);
    await desk.reject(ada);
    await settle();
    assert.deepEqual(asked[1], ['face_reject', { track: 7, identity_id: 'a' }]);
    assert.equal(told[0].undo, undo);
    assert.match(told[0].text, /Ada/);
    assert.equal(panel.state.explained.name, null);
    assert.equal(panel.state.rejecting, false);
    await told[0].takeBack('u');
    await settle();
    assert.deepEqual(asked[3], ['gallery_undo', { undo_id: 'u' }]);
    assert.equal(panel.state.explained.name, 'Ada');
  });

  test('taken back after the panel was closed, nothing is asked', async () => {
    const { desk, asked, told } = setUp(explained(7), { undo: null }, explained(7), {});
    await desk.ask(7);
    await desk.reject(ada);
    await settle();
    desk.close();
    await told[0].takeBack('u');
    assert.equal(asked.length, 4);
  });

  test('that fails is reported, and the panel closes', async () => {
    const { desk, panel, told, reported } = setUp(explained(7), gone());
    await desk.ask(7);
    await desk.reject(ada);
    assert.deepEqual(told, []);
    assert.deepEqual(reported, ['no_such_face']);
    assert.equal(panel.state, NO_FACE);
  });
});
