import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VideoFile } from '../../js/camera/video-file.js';

class FakeVideo extends EventTarget {
  videoWidth = 640;
  videoHeight = 480;
  clientWidth = 640;
  clientHeight = 480;
  dataset = {};
  loop = false;
  paused = true;
  src = null;
  plays = 0;
  /** @type {Error | null} */
  refusal = null;

  async play() {
    this.plays += 1;
    if (this.refusal) throw this.refusal;
    this.paused = false;
  }

  removeAttribute(name) {
    this[name] = null;
  }

  load() {
    this.paused = true;
  }
}

function setUp() {
  const video = new FakeVideo();
  const given = [];
  const told = [];
  const file = new VideoFile(/** @type {any} */ (video), {
    makeUrl: (blob) => `blob:${blob}`,
    giveBack: (url) => given.push(url),
  });
  for (const type of ['started', 'stopped']) {
    file.addEventListener(type, (event) => told.push([type, /** @type {any} */ (event).detail]));
  }
  const play = (name) => file.play(/** @type {any} */ (name));
  return { video, file, play, given, told };
}

test('it plays again and again, as nobody sees a mirror', async () => {
  const { video, file, play, told } = setUp();
  await play('a');
  assert.deepEqual([video.src, video.loop, file.running], ['blob:a', true, true]);
  const view = { facingMode: null, mirrored: false, canFlip: false };
  assert.deepEqual(told, [['started', { ...view, choice: [], deviceId: null, torch: null }]]);
});

test('when it is ended the element is left as it was, and the file given back', async () => {
  const { video, file, play, given, told } = setUp();
  await play('a');
  file.stop();
  file.stop();
  assert.deepEqual([video.src, video.loop, file.running], [null, false, false]);
  assert.deepEqual(given, ['blob:a']);
  assert.deepEqual(told.slice(1), [['stopped', { kind: null }]]);
});

test('what cannot be played says so, be it at once, for want of a picture, or on the way', async () => {
  for (const spoil of [
    (video) => (video.refusal = new Error('no codec')),
    (video) => (video.videoWidth = 0),
  ]) {
    const { video, file, play, given, told } = setUp();
    spoil(video);
    await play('a');
    assert.deepEqual(told, [['stopped', { kind: 'unplayable' }]]);
    assert.deepEqual([file.running, given], [false, ['blob:a']]);
  }
  const { video, play, told } = setUp();
  await play('a');
  video.dispatchEvent(new Event('error'));
  assert.deepEqual(told.at(-1), ['stopped', { kind: 'unplayable' }]);
});

test('errors of the element while the camera has it are none of its business', () => {
  const { video, told } = setUp();
  video.dispatchEvent(new Event('error'));
  assert.deepEqual(told, []);
});

test('of two that are asked for, the later one plays', async () => {
  const { video, file, play, given, told } = setUp();
  await Promise.all([play('a'), play('b')]);
  assert.deepEqual([video.src, file.running, given], ['blob:b', true, ['blob:a']]);
  assert.deepEqual(told.map(([type]) => type), ['started']);
});

test('one that was stopped before it began does not begin', async () => {
  const { file, play, told } = setUp();
  const playing = play('a');
  file.stop();
  await playing;
  assert.deepEqual(told, [['stopped', { kind: null }]]);
  assert.equal(file.running, false);
});

test('one that the browser paused goes on when somebody looks', async () => {
  const { video, file, play } = setUp();
  file.restartIfPaused();
  assert.equal(video.plays, 0);
  await play('a');
  file.restartIfPaused();
  assert.equal(video.plays, 1);
  video.paused = true;
  file.restartIfPaused();
  assert.equal(video.plays, 2);
});

test('that one could not go on is no fault of the one that was opened since', async () => {
  const { video, file, play, told } = setUp();
  await play('a');
  video.paused = true;
  video.refusal = new Error('another load took over');
  file.restartIfPaused();
  video.refusal = null;
  await play('b');
  assert.equal(file.running, true);
  assert.deepEqual(told.map(([type]) => type), ['started', 'started']);
});

test('faces in the view are found again in the picture', async () => {
  const { video, file } = setUp();
  video.clientWidth = 320;
  video.clientHeight = 480; // filled: 160 CSS pixels are cut off on either side
  const face = { name: 'Ada' };
  assert.deepEqual(file.inPicture([{ face, box: [0, 0, 320, 480] }]), [
    { face, box: [160, 0, 480, 480] },
  ]);
  video.dataset.fit = 'contain'; // half as large, 120 CSS pixels free above
  assert.deepEqual(file.inPicture([{ face, box: [0, 120, 320, 360] }]), [
    { face, box: [0, 0, 640, 480] },
  ]);
});
