import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  Camera,
  cameraProblem,
  isMirrored,
  needsChoice,
  nextCamera,
} from '../../js/camera/camera.js';
import { settle } from '../fakes.js';

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

describe('needsChoice', () => {
  for (const [what, settings, count, expected] of [
    ['no camera', {}, 0, false],
    ['two cameras of a desktop are flipped between', { deviceId: 'a' }, 2, false],
    ['three are chosen from', { deviceId: 'a' }, 3, true],
    ['a phone has sides, however many cameras', { facingMode: 'environment' }, 4, false],
  ]) {
    test(what, () => assert.equal(needsChoice(settings, Array(count).fill({})), expected));
  }
});

describe('Camera', () => {
  class FakeTrack extends EventTarget {
    readyState = 'live';
    applied = [];
    constructor(settings, capabilities) {
      super();
      this.settings = settings;
      this.capabilities = capabilities;
    }
    getCapabilities() {
      return this.capabilities;
    }
    async applyConstraints(constraints) {
      if (!this.capabilities.torch) throw named('OverconstrainedError');
      this.applied.push(constraints);
    }
    getSettings() {
      return this.settings;
    }
    stop() {
      this.readyState = 'ended';
    }
  }

  function setUp({ devices = 2, secure = true, playError = null, desktop = false, choice = null } = {}) {
    const tracks = [];
    const asked = [];
    const chosen = [];
    const world = { errors: [], devices, torch: false };
    const mediaDevices = Object.assign(new EventTarget(), {
      async getUserMedia({ video }) {
        asked.push(video);
        const error = world.errors.shift();
        if (error) throw error;
        const { exact, ideal } = video.deviceId ?? {};
        const deviceId = exact ?? ideal ?? '0';
        const settings = desktop ? { deviceId } : { deviceId, facingMode: video.facingMode?.ideal };
        const track = new FakeTrack(settings, { torch: world.torch });
        tracks.push(track);
        return { getTracks: () => [track], getVideoTracks: () => [track] };
      },
      async enumerateDevices() {
        return [
          { kind: 'audioinput', deviceId: 'm' },
          ...Array.from({ length: world.devices }, (_, n) => ({
            kind: 'videoinput',
            deviceId: `${n}`,
            label: `Camera ${n}`,
          })),
        ];
      },
    });
    const video = {
      srcObject: null,
      async play() {
        if (playError) throw playError;
      },
    };
    const memory = { choice, choose: (settings) => chosen.push(settings) };
    const camera = new Camera({ video, devices: mediaDevices, secure, memory });
    const events = [];
    for (const type of ['started', 'changed', 'stopped']) {
      camera.addEventListener(type, ({ detail }) => events.push([type, detail]));
    }
    const plug = async (count) => {
      world.devices = count;
      mediaDevices.dispatchEvent(new Event('devicechange'));
      await settle();
    };
    return { camera, video, tracks, asked, events, world, chosen, plug };
  }

  const named = (name) => Object.assign(new Error(name), { name });

  test('starts with the front camera, mirrored', async () => {
    const { camera, events, asked } = setUp();
    await camera.start();
    assert.deepEqual(events, [
      [
        'started',
        {
          facingMode: 'user',
          mirrored: true,
          canFlip: true,
          choice: [],
          deviceId: '0',
          torch: null,
        },
      ],
    ]);
    assert.deepEqual(asked[0].facingMode, { ideal: 'user' });
    assert.deepEqual(asked[0].width, { ideal: 1280 });
  });

  test('flips to the back camera, not mirrored, and lets the front one go first', async () => {
    const { camera, events, tracks } = setUp();
    await camera.start();
    await camera.flip();
    assert.equal(tracks[0].readyState, 'ended');
    const [type, view] = events.at(-1);
    assert.equal(type, 'started');
    assert.equal(view.facingMode, 'environment');
    assert.equal(view.mirrored, false);
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

  test('of more than two cameras of a desktop one is chosen, and remembered', async () => {
    const { camera, events, asked, chosen } = setUp({ devices: 3, desktop: true });
    await camera.start();
    const [, view] = events.at(-1);
    assert.equal(view.canFlip, false);
    assert.deepEqual(view.choice.map(({ label }) => label), ['Camera 0', 'Camera 1', 'Camera 2']);
    await camera.choose('2');
    assert.equal(events.at(-1)[1].deviceId, '2');
    assert.deepEqual(asked.at(-1).deviceId, { exact: '2' });
    assert.deepEqual(chosen, [{ deviceId: '2' }]);
    // Later another one may answer in its place.
    await camera.start();
    assert.deepEqual(asked.at(-1).deviceId, { ideal: '2' });
  });

  test('a camera that was chosen but did not start is not remembered', async () => {
    const { camera, events, world, chosen } = setUp({ devices: 3, desktop: true });
    await camera.start();
    world.errors = [named('NotReadableError')];
    await camera.choose('1');
    assert.equal(events.at(-1)[1].deviceId, '0');
    assert.deepEqual(chosen, []);
  });

  test('begins with the camera that was chosen on the last visit', async () => {
    const { camera, asked } = setUp({ choice: { facingMode: { ideal: 'environment' } } });
    await camera.start();
    assert.deepEqual(asked[0].facingMode, { ideal: 'environment' });
  });

  test('switches its light, where it has one', async () => {
    const { camera, events, tracks, world } = setUp();
    world.torch = true;
    await camera.start();
    assert.equal(events.at(-1)[1].torch, false);
    await camera.setTorch(true);
    assert.deepEqual(tracks[0].applied, [{ advanced: [{ torch: true }] }]);
    assert.equal(events.at(-1)[0], 'changed');
    assert.equal(events.at(-1)[1].torch, true);
    await camera.flip();
    assert.equal(events.at(-1)[1].torch, false);
  });

  test('a light that cannot be switched is an error for whoever asked', async () => {
    const { camera, events } = setUp();
    await camera.start();
    await assert.rejects(camera.setTorch(true));
    assert.equal(events.at(-1)[1].torch, null);
  });

  test('a camera that was unplugged starts when it is back, not when another one comes', async () => {
    const { camera, events, tracks, plug } = setUp({ devices: 2, desktop: true });
    await camera.start();
    await camera.flip();
    tracks[1].dispatchEvent(new Event('ended'));
    await plug(1);
    assert.deepEqual(events.at(-1), ['stopped', { kind: 'ended' }]);
    await plug(2);
    assert.equal(events.at(-1)[0], 'started');
    assert.equal(events.at(-1)[1].deviceId, '1');
  });

  test('where there was none, the first that is plugged in starts', async () => {
    const { camera, events, world, plug } = setUp({ devices: 0 });
    world.errors = [named('NotFoundError')];
    await camera.start();
    assert.equal(events.at(-1)[1].kind, 'missing');
    await plug(0);
    assert.equal(camera.running, false);
    await plug(1);
    assert.equal(camera.running, true);
  });

  test('a camera that was stopped on purpose is left alone', async () => {
    const { camera, plug } = setUp();
    await camera.start();
    camera.stop('resting');
    await plug(3);
    assert.equal(camera.running, false);
  });

  test('tells while it is being asked for', async () => {
    const { camera } = setUp();
    const started = camera.start();
    assert.equal(camera.starting, true);
    await started;
    assert.equal(camera.starting, false);
    const asked = camera.start();
    camera.stop();
    assert.equal(camera.starting, false);
    await asked;
  });
});
