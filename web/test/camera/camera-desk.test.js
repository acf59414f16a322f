import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CameraDesk, REST_AFTER_MS } from '../../js/camera/camera-desk.js';
import { FakeClock, settle } from '../fakes.js';

class FakeCamera extends EventTarget {
  allowed = true;
  running = false;
  starting = false;
  starts = 0;
  /** Why it does not start; null: it does. */
  problem = null;

  async start() {
    this.starts += 1;
    this.running = this.problem === null;
    if (this.running) this.#emit('started', {});
    else this.#emit('stopped', { kind: this.problem });
  }

  stop(kind) {
    this.running = false;
    this.#emit('stopped', { kind });
  }

  async restartIfEnded() {
    this.looked = true;
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

class FakePermission extends EventTarget {
  constructor(state) {
    super();
    this.state = state;
  }

  async read() {
    return this.state;
  }

  change(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent('changed', { detail: { state } }));
  }
}

function setUp(state = 'granted', { started = false } = {}) {
  const camera = new FakeCamera();
  const permission = new FakePermission(state);
  const clock = new FakeClock();
  const memory = { started, noteStarted: () => (memory.started = true) };
  const desk = new CameraDesk({ camera, permission, memory, clock });
  const told = [];
  desk.addEventListener('told', ({ detail }) => told.push(detail.kind));
  return { desk, camera, permission, clock, memory, told };
}

describe('CameraDesk', () => {
  for (const [what, state, started, expected] of [
    ['a camera that is allowed starts at once', 'granted', false, null],
    ['a question is explained before it is asked', 'prompt', false, 'welcome'],
    ['a browser that asks each time is explained each time', 'prompt', true, 'welcome'],
    ['where nobody tells, the first visit is explained', 'unknown', false, 'welcome'],
    ['where nobody tells, the second visit starts', 'unknown', true, null],
  ]) {
    test(what, async () => {
      const { desk, camera, told } = setUp(state, { started });
      await desk.open();
      assert.deepEqual(told, [expected]);
      assert.equal(camera.starts, expected === null ? 1 : 0);
    });
  }

  test('a camera that is forbidden is asked for, so that the browser says so', async () => {
    const { desk, camera, told, memory } = setUp('denied');
    camera.problem = 'denied';
    await desk.open();
    assert.deepEqual(told, ['denied']);
    assert.equal(memory.started, false);
  });

  test('an address that is not secure is no question of permission', async () => {
    const { desk, camera, told } = setUp('unknown');
    Object.assign(camera, { allowed: false, problem: 'insecure' });
    await desk.open();
    assert.deepEqual(told, ['insecure']);
  });

  test('remembers that a camera was started', async () => {
    const { desk, memory } = setUp('granted');
    await desk.open();
    assert.equal(memory.started, true);
  });

  test('rests after a minute in which nobody looks, and starts when somebody does', async () => {
    const { desk, camera, clock, told } = setUp();
    await desk.open();
    desk.setVisible(false);
    clock.advance(REST_AFTER_MS - 1);
    assert.equal(camera.running, true);
    clock.advance(1);
    assert.equal(camera.running, false);
    assert.equal(told.at(-1), 'resting');
    clock.advance(10 * REST_AFTER_MS);
    await desk.setVisible(true);
    assert.equal(camera.running, true);
    assert.equal(camera.starts, 2);
  });

  test('a short look elsewhere changes nothing', async () => {
    const { desk, camera, clock } = setUp();
    await desk.open();
    desk.setVisible(false);
    clock.advance(REST_AFTER_MS / 2);
    await desk.setVisible(true);
    clock.advance(REST_AFTER_MS);
    assert.equal(camera.running, true);
    assert.equal(camera.starts, 1);
    assert.equal(camera.looked, true); // some phones end it without a word
  });

  test('what is not running does not rest', async () => {
    const { desk, clock, told } = setUp('prompt');
    await desk.open();
    desk.setVisible(false);
    clock.advance(REST_AFTER_MS);
    assert.deepEqual(told, ['welcome']);
  });

  for (const [kind, starts] of [
    ['busy', 2],
    ['ended', 2],
    ['denied', 1],
    ['gesture', 1],
  ]) {
    test(`${kind}: ${starts === 2 ? 'tried again' : 'not tried again'} when somebody looks`, async () => {
      const { desk, camera } = setUp();
      camera.problem = kind;
      await desk.open();
      await settle();
      await desk.setVisible(true);
      assert.equal(camera.starts, starts);
    });
  }

  test('permission that is withdrawn stops the camera, and is told', async () => {
    const { desk, camera, permission, told } = setUp();
    await desk.open();
    permission.change('denied');
    assert.equal(camera.running, false);
    assert.equal(told.at(-1), 'denied');
  });

  test('permission that was withdrawn is told, too, where the camera only seems unplugged', async () => {
    const { desk, camera, permission, told } = setUp();
    await desk.open();
    permission.state = 'denied';
    camera.stop('ended');
    await settle();
    assert.equal(told.at(-1), 'denied');
  });

  test('permission that is given in the settings starts the camera', async () => {
    const { desk, camera, permission } = setUp('denied');
    camera.problem = 'denied';
    await desk.open();
    camera.problem = null;
    permission.change('granted');
    await settle();
    assert.equal(camera.running, true);
  });

  test('the answer to the question of a start that goes on does not start a second one', async () => {
    const { desk, camera, permission } = setUp('prompt');
    await desk.open();
    camera.starting = true;
    permission.change('granted');
    await settle();
    assert.equal(camera.starts, 0);
  });
});
