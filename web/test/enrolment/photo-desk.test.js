import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestError } from '../../js/connection/request-error.js';
import { PhotoDesk } from '../../js/enrolment/photo-desk.js';
import { NO_PHOTOS, reducePhotos } from '../../js/enrolment/photo-state.js';
import { ERRORS } from '../../js/texts/errors.js';
import { FakePanel, answers } from '../fakes.js';

const ada = { identity_id: 'a', display_name: 'Ada', templates: 1 };
const files = [{ name: 'one.heic' }, { name: 'two.jpg' }];

function setUp(answer) {
  const panel = new FakePanel(reducePhotos, NO_PHOTOS);
  panel.dispatch({
    type: 'choose',
    photos: files.map(({ name }, id) => ({ id, fileName: name })),
  });
  const { ask, asked } = answers(answer);
  const saved = [];
  const desk = new PhotoDesk({
    api: { addPhotos: ask },
    panel,
    shrink: async (file) => `small ${file.name}`,
    saved: (identity) => saved.push(identity),
  });
  return { desk, panel, asked, saved };
}

const verdict = (file, verdict_, message = null) => ({ file, verdict: verdict_, message });

test('photos are made smaller and sent under their names, in their order', async () => {
  const { desk, panel, asked, saved } = setUp({
    identity: ada,
    photos: [verdict('one.heic', 'accepted'), verdict('two.jpg', 'blurred', 'Too blurred.')],
  });
  await desk.send({ displayName: 'Ada', files });
  assert.deepEqual(asked, [
    [
      'Ada',
      [
        { blob: 'small one.heic', fileName: 'one.heic' },
        { blob: 'small two.jpg', fileName: 'two.jpg' },
      ],
    ],
  ]);
  assert.deepEqual(panel.state.photos.map((photo) => photo.verdict), ['accepted', 'blurred']);
  assert.deepEqual(saved, [ada]);
});

test('where no photo was accepted, nobody was added', async () => {
  const { desk, panel, saved } = setUp({
    identity: null,
    photos: files.map(({ name }) => verdict(name, 'no_face', 'No face.')),
  });
  await desk.send({ displayName: 'Ada', files });
  assert.equal(panel.state.phase, 'done');
  assert.deepEqual(saved, []);
});

test('a refusal keeps the photos, and says why', async () => {
  const { desk, panel } = setUp(new RequestError('bad_name', 'no', false));
  await desk.send({ displayName: ' ', files });
  assert.equal(panel.state.phase, 'naming');
  assert.equal(panel.state.problem, ERRORS.bad_name);
  assert.equal(panel.state.photos.length, 2);
});
