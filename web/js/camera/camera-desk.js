/**
 * When the camera runs: it is asked for first, rests while nobody looks, and starts again when what
 * stopped it is over. Holds no picture; that is the camera's.
 *
 * Emits `told` (detail: {kind}): a key of texts.CAMERA_NOTICES, or null when there is nothing to say.
 */
import { realClock } from '../basics/clock.js';

/** A page that is hidden for so long lets the camera go: its light goes out, and others may have it. */
export const REST_AFTER_MS = 60_000;

/** What may be over by the time that somebody looks again. */
const PASSING = Object.freeze(new Set(['ended', 'busy', 'resting']));

export class CameraDesk extends EventTarget {
  #camera;
  #permission;
  #memory;
  #clock;
  /** @type {string | null} */
  #kind = null;
  #restTimer = null;

  /**
   * @param {object} options
   * @param {import('./camera.js').Camera} options.camera
   * @param {import('./camera-permission.js').CameraPermission} options.permission
   * @param {Pick<import('./camera-memory.js').CameraMemory, 'started' | 'noteStarted'>} options.memory
   * @param {import('../basics/clock.js').Clock} [options.clock]
   */
  constructor({ camera, permission, memory, clock = realClock }) {
    super();
    this.#camera = camera;
    this.#permission = permission;
    this.#memory = memory;
    this.#clock = clock;
    camera.addEventListener('started', () => {
      memory.noteStarted();
      this.#tell(null);
    });
    camera.addEventListener('stopped', ({ detail: { kind } }) => this.#stopped(kind));
    permission.addEventListener('changed', ({ detail: { state } }) => this.#permissionChanged(state));
  }

  /** The page was opened: start, or say first what the camera is for. */
  async open() {
    const state = this.#camera.allowed ? await this.#permission.read() : 'unknown';
    const isNew = state === 'prompt' || (state === 'unknown' && !this.#memory.started);
    if (this.#camera.allowed && isNew) this.#tell('welcome');
    else await this.#camera.start();
  }

  /** @param {boolean} visible whether the page is seen */
  async setVisible(visible) {
    this.#clock.clearTimeout(this.#restTimer);
    if (!visible) {
      this.#restTimer = this.#clock.setTimeout(() => this.#rest(), REST_AFTER_MS);
    } else if (PASSING.has(this.#kind)) {
      await this.#camera.start();
    } else {
      await this.#camera.restartIfEnded();
    }
  }

  #rest() {
    if (this.#camera.running) this.#camera.stop('resting');
  }

  async #stopped(kind) {
    this.#tell(kind);
    // Browsers end the picture of a camera that is not allowed any more, as if it were unplugged.
    if (kind !== 'ended') return;
    const state = await this.#permission.read();
    if (this.#kind === 'ended') this.#permissionChanged(state);
  }

  #permissionChanged(state) {
    if (state === 'denied' && this.#kind !== 'denied') {
      if (this.#camera.running) this.#camera.stop('denied');
      else if (this.#kind !== 'insecure') this.#tell('denied');
    } else if (state === 'granted' && (this.#kind === 'denied' || this.#kind === 'welcome')) {
      // The answer to the browser's question comes here, too, and the start that asked goes on.
      if (!this.#camera.starting) this.#camera.start();
    }
  }

  #tell(kind) {
    this.#kind = kind;
    this.dispatchEvent(new CustomEvent('told', { detail: { kind } }));
  }
}
