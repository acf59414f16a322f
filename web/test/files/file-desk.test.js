import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestError } from '../../js/connection/request-error.js';
import { FileDesk } from '../../js/files/file-desk.js';
import { NO_FILE, reduceFile } from '../../js/files/file-state.js';
import { ERRORS } from '../../js/texts/errors.js';
import {
  FILE_UNKNOWN,
  PHOTO_UNREADABLE,
  PICTURE_NOT_MADE,
  VIDEO_UNPLAYABLE,
} from '../../js/texts/files.js';
import { FakePanel, answers, settle } from '../fakes.js';

const PARTY = { name: 'party.jpg', type: 'image/jpeg' };
const HOLIDAY = { name: 'holiday.mp4', type: 'video/mp4' };
const ada = { name: 'Ada', confidence: 0.9, box_xyxy: [10, 20, 30, 40] };

class FakeView extends FakePanel {
  picture = 'the photo';
  sizeWh = [200, 100];
  shown = [];

  showPhoto(photo) {
    this.shown.push(photo.url);
  }
}

class FakeVideoFile extends EventTarget {
  picture = 'the video';
  sizeWh = [640, 480];
  calls = [];

  async play(file) {
    this.calls.push(`play ${file.name}`);
  }

  stop() {
    this.calls.push('stop');
  }

  inPicture(placed) {
    return placed.map(({ face }) => ({ face, box: [1, 2, 3, 4] }));
  }

  break() {
    this.dispatchEvent(new CustomEvent('stopped', { detail: { kind: 'unplayable' } }));
  }
}

function setUp(...list) {
  const view = new FakeView(reduceFile, NO_FILE);
  const video = new FakeVideoFile();
  const { ask, asked } = answers(...list);
  const camera = { calls: [], start: () => camera.calls.push('start'), stop: () => camera.calls.push('stop') };
  const [warned, saved, released, drawn] = [[], [], [], []];
  const unreadable = new Set();
  const parts = {
    api: { identify: ask },
    view,
    camera,
    video,
    warn: (text) => warned.push(text),
    read: async ({ name }) =>
      unreadable.has(name)
        ? null
        : { url: name, sizeWh: [200, 100], release: () => released.push(name) },
    shrink: async ({ name }) => `small ${name}`,
    annotate: async (...args) => {
      drawn.push(args);
      return parts.blob;
    },
    save: (...args) => saved.push(args),
    blob: 'jpeg',
  };
  const desk = new FileDesk(/** @type {any} */ (parts));
  const open = (file) => desk.open(/** @type {any} */ (file));
  return { desk, open, view, camera, video, asked, warned, saved, released, drawn, unreadable, parts };
}

test('a photo takes the place of the camera, and its faces are told in its own pixels', async () => {
  const { open, view, camera, asked } = setUp({ width: 100, height: 50, faces: [ada] });
  await open(PARTY);
  assert.deepEqual(asked, [['small party.jpg']]);
  assert.deepEqual([camera.calls, view.shown], [['stop'], ['party.jpg']]);
  assert.equal(view.state.phase, 'told');
  assert.deepEqual(view.state.faces, [{ ...ada, box_xyxy: [20, 40, 60, 80] }]);
});

test('a photo that the server refuses stays, with a sentence', async () => {
  for (const [code, sentence] of [
    ['bad_picture', /could not read this photo/],
    ['picture_too_large', /too large/],
    ['overloaded', new RegExp(ERRORS.overloaded)],
  ]) {
    const { open, view } = setUp(new RequestError(code, 'no', false));
    await open(PARTY);
    assert.equal(view.state.phase, 'failed');
    assert.match(view.state.problem, sentence);
  }
});

test('what cannot be shown is told, and the camera goes on', async () => {
  const { open, view, camera, warned, unreadable } = setUp();
  unreadable.add('party.jpg');
  await open(PARTY);
  await open({ name: 'letter.pdf', type: 'application/pdf' });
  assert.deepEqual(warned, [PHOTO_UNREADABLE, FILE_UNKNOWN]);
  assert.deepEqual([camera.calls, view.state.phase], [[], 'closed']);
});

test('a video plays in the place of the camera until it is closed', async () => {
  const { desk, open, view, camera, video } = setUp();
  await open(HOLIDAY);
  assert.equal(view.state.phase, 'playing');
  assert.deepEqual(video.calls, ['stop', 'play holiday.mp4']);
  desk.close();
  desk.close();
  assert.equal(view.state.phase, 'closed');
  assert.deepEqual(camera.calls, ['stop', 'start']);
});

test('a video that cannot be played gives way to the camera', async () => {
  const { open, view, camera, video, warned } = setUp();
  await open(HOLIDAY);
  video.break();
  assert.deepEqual([view.state.phase, warned], ['closed', [VIDEO_UNPLAYABLE]]);
  assert.deepEqual(camera.calls, ['stop', 'start']);
});

test('an answer for a photo that is not shown any more is passed over', async () => {
  for (const late of [{ width: 200, height: 100, faces: [ada] }, new Error('too late')]) {
    let tell;
    const waiting = new Promise((resolve, reject) => {
      tell = () => (late instanceof Error ? reject(late) : resolve(late));
    });
    const never = new Promise(() => {});
    const { open, view } = setUp(waiting, never);
    const first = open(PARTY);
    await settle();
    open({ ...PARTY, name: 'other.jpg' });
    await settle();
    tell();
    await first;
    assert.deepEqual([view.state.fileName, view.state.phase], ['other.jpg', 'looking']);
  }
});

test('of two photos, the one that is overtaken while it is read is given back', async () => {
  const { open, view, released } = setUp({ width: 200, height: 100, faces: [] });
  await Promise.all([open(PARTY), open({ ...PARTY, name: 'other.jpg' })]);
  assert.deepEqual([view.shown, released], [['other.jpg'], ['party.jpg']]);
});

test('a photo is saved with its faces, under a name of its own', async () => {
  const { desk, open, drawn, saved } = setUp({ width: 200, height: 100, faces: [ada] });
  await open(PARTY);
  await desk.download();
  assert.deepEqual(drawn, [['the photo', [200, 100], [{ face: ada, box: [10, 20, 30, 40] }]]]);
  assert.deepEqual(saved, [['jpeg', 'party-named.jpg']]);
});

test('a video is saved as the picture that is shown, with the faces that are shown', async () => {
  const { desk, open, drawn, saved } = setUp();
  desk.facesPlaced([{ face: { name: 'of the camera' }, box: [0, 0, 1, 1] }]);
  await open(HOLIDAY);
  desk.facesPlaced([{ face: ada, box: [5, 5, 9, 9] }]);
  await desk.download();
  assert.deepEqual(drawn, [['the video', [640, 480], [{ face: ada, box: [1, 2, 3, 4] }]]]);
  assert.deepEqual(saved, [['jpeg', 'holiday-named.jpg']]);
});

test('a picture that is too large for the browser says so', async () => {
  const { desk, open, parts, saved, warned } = setUp();
  await open(HOLIDAY);
  parts.blob = null;
  await desk.download();
  assert.deepEqual([saved, warned], [[], [PICTURE_NOT_MADE]]);
});
