import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Camera, cameraProblem, isMirrored, nextCamera } from '../js/camera.js';

describe('isMirrored', () => {
  for (const [facingMode, expected] of [
    ['user', true],
    [undefined, true],
    [null, true],
    ['left', true],
    ['environment', false],
  ]) {
    test(`${facingMode}: ${expected}`, () => assert.equal(isMirrored(facingMode), expected));
  }
});

describe('cameraProblem', () => {
  for (const [name, expected] of [
    ['NotAllowedError', 'denied'],
    ['NotFoundError', 'missing'],
    ['NotReadableError', 'busy'],
    ['TypeError', 'failed'],
  ]) {
    test(`${name}: ${expected}`, () => assert.equal(cameraProblem({ name }), expected));
  }
});

describe('nextCamera', () => {
  const cameras = [{ deviceId: 'a' }, { deviceId: 'b' }];

  test('a phone goes between front and back', () => {
    assert.deepEqual(nextCamera({ facingMode: 'user', deviceId: 'a' }, cameras), {
      facingMode: { ideal: 'environment' },
    });
    assert.deepEqual(nextCamera({ facingMode: 'environment', deviceId: 'b' }, cameras), {
      facingMode: { ideal: 'user' },
    });
  });

  test('a desktop goes round its cameras', () => {
    assert.deepEqual(nextCamera({ deviceId: 'a' }, cameras), { deviceId: { exact: 'b' } });
    assert.deepEqual(nextCamera({ deviceId: 'b' }, cameras), { deviceId: { exact: 'a' } });
    assert.deepEqual(nextCamera({}, cameras), { deviceId: { exact: 'a' } });
  });
});

describe('Camera', () => {
  class FakeTrack extends EventTarget {
    readyState = 'live';
    constructor(settings) {
      super();
      this.settings = settings;
    }
    getSettings() {
      return this.settings;
    }
    stop() {
      this.readyState = 'ended';
    }
  }

  function setUp({ devices = 2, secure = true, playError = null } = {}) {
    const tracks = [];
    const asked = [];
    const world = { errors: [] };
    const mediaDevices = Object.assign(new EventTarget(), {
      async getUserMedia({ video }) {
        asked.push(video);
        const error = world.errors.shift();
        if (error) throw error;
        const track = new FakeTrack({ facingMode: video.facingMode?.ideal });
        tracks.push(track);
        return { getTracks: () => [track], getVideoTracks: () => [track] };
      },
      async enumerateDevices() {
        return [
          { kind: 'audioinput', deviceId: 'm' },
          ...Array.from({ length: devices }, (_, n) => ({ kind: 'videoinput', deviceId: `${n}` })),
        ];
      },
    });
    const video = {
      srcObject: null,
      async play() {
        if (playError) throw playError;
      },
    };
    const camera = new Camera({ video, devices: mediaDevices, secure });
    const events = [];
    for (const type of ['started', 'changed', 'stopped']) {
      camera.addEventListener(type, ({ detail }) => events.push([type, detail]));
    }
    return { camera, video, tracks, asked, events, world };
  }

  const named = (name) => Object.assign(new Error(name), { name });

  test('starts with the front camera, mirrored', async () => {
    const { camera, events, asked } = setUp();
    await camera.start();
    assert.deepEqual(events, [
      ['started', { facingMode: 'user', mirrored: true, canFlip: true }],
    ]);
    assert.deepEqual(asked[0].facingMode, { ideal: 'user' });
    assert.deepEqual(asked[0].width, { ideal: 1280 });
  });

  test('flips to the back camera, not mirrored, and lets the front one go first', async () => {
    const { camera, events, tracks } = setUp();
    await camera.start();
    await camera.flip();
    assert.equal(tracks[0].readyState, 'ended');
    assert.deepEqual(events.at(-1), [
      'started',
      { facingMode: 'environment', mirrored: false, canFlip: true },
    ]);
  });

  test('comes back when the other camera does not start', async () => {
    const { camera, events, world } = setUp();
    await camera.start();
    world.errors = [named('NotReadableError')];
    await camera.flip();
    assert.equal(events.at(-1)[0], 'started');
    assert.equal(events.at(-1)[1].facingMode, 'user');
  });

  test('does not flip where there is one camera', async () => {
    const { camera, asked, events } = setUp({ devices: 1 });
    await camera.start();
    await camera.flip();
    assert.equal(asked.length, 1);
    assert.equal(events.at(-1)[1].canFlip, false);
  });

  test('says why it does not start, and starts when asked again', async () => {
    const { camera, events, world } = setUp();
    world.errors = [named('NotAllowedError')];
    await camera.start();
    assert.equal(events.at(-1)[1].kind, 'denied');
    assert.equal(camera.running, false);
    await camera.start();
    assert.equal(events.at(-1)[0], 'started');
  });

  test('an insecure page has no camera', async () => {
    const { camera, events, asked } = setUp({ secure: false });
    await camera.start();
    assert.equal(events.at(-1)[1].kind, 'insecure');
    assert.equal(asked.length, 0);
  });

  test('a camera that is unplugged has ended', async () => {
    const { camera, video, tracks, events } = setUp();
    await camera.start();
    tracks[0].dispatchEvent(new Event('ended'));
    assert.deepEqual(events.at(-1), ['stopped', { kind: 'ended' }]);
    assert.equal(video.srcObject, null);
  });

  test('a browser that wants a tap gets one', async () => {
    const { camera, events, tracks } = setUp({ playError: named('NotAllowedError') });
    await camera.start();
    assert.equal(events.at(-1)[1].kind, 'gesture');
    assert.equal(tracks[0].readyState, 'ended');
  });

  test('of two starts at once the later counts, and no track is left running', async () => {
    const { camera, tracks, events } = setUp();
    await Promise.all([camera.start(), camera.start()]);
    assert.equal(events.length, 1);
    assert.deepEqual(tracks.map((track) => track.readyState), ['ended', 'live']);
  });
});
