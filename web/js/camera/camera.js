/**
 * The camera of this device in a video element: start, flip, choose, light, stop, and why it does
 * not start. One that was unplugged is started again when it is back.
 *
 * Events: `started` (detail: CameraView), `changed` (the same, when the cameras or the light
 * changed), `stopped` (detail: {kind}, a key of texts.CAMERA_NOTICES, or null when it is not wanted).
 */

/**
 * @typedef {object} CameraView
 * @property {boolean} mirrored
 * @property {string | null} facingMode
 * @property {boolean} canFlip whether there are two sides, or two cameras, to go to and fro between
 * @property {{deviceId: string, label: string}[]} choice where there are more; else empty
 * @property {string | null} deviceId of the camera in use
 * @property {boolean | null} torch whether its light is on; null: it has none
 */

const IDEAL_SIZE = Object.freeze({
  width: { ideal: 1280 },
  height: { ideal: 720 },
  // The camera's own picture: else Chromium may crop one of another shape to come nearer to this.
  resizeMode: { ideal: 'none' },
});

/** More pictures than are sent: the preview should be smooth. */
const IDEAL_FRAME_RATE = { ideal: 30 };

/**
 * Whether the preview is shown as in a mirror. Cameras of notebooks and desktops name no facing
 * mode, and face the person who looks at the screen.
 * @param {string | null | undefined} facingMode
 * @returns {boolean}
 */
export function isMirrored(facingMode) {
  return facingMode !== 'environment';
}

/**
 * @param {unknown} error of getUserMedia or play
 * @returns {string} a key of texts.CAMERA_NOTICES
 */
export function cameraProblem(error) {
  switch (/** @type {any} */ (error)?.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'failed';
  }
}

/**
 * What to ask for so that another camera answers.
 * @param {{facingMode?: string, deviceId?: string}} current settings of the track in use
 * @param {{deviceId: string}[]} cameras
 * @returns {MediaTrackConstraints}
 */
export function nextCamera(current, cameras) {
  // Phones have several cameras on the back; the mode finds the main one.
  if (current.facingMode === 'user') return { facingMode: { ideal: 'environment' } };
  if (current.facingMode === 'environment') return { facingMode: { ideal: 'user' } };
  const index = cameras.findIndex((camera) => camera.deviceId === current.deviceId);
  return { deviceId: { exact: cameras[(index + 1) % cameras.length].deviceId } };
}

/**
 * Whether to offer a list. Phones name their cameras by lens and number, which nobody knows: there
 * the side is enough.
 * @param {{facingMode?: string}} current settings of the track in use
 * @param {readonly unknown[]} cameras
 * @returns {boolean}
 */
export function needsChoice({ facingMode }, cameras) {
  return !facingMode && cameras.length > 2;
}

export class Camera extends EventTarget {
  #video;
  #devices;
  #secure;
  #memory;
  /** @type {MediaStream | null} */
  #stream = null;
  /** @type {{deviceId: string, label: string}[]} */
  #cameras = [];
  /** @type {MediaTrackConstraints} */
  #wish;
  #torch = false;
  /** Which camera is waited for since it went away: its id, or '' for any. @type {string | null} */
  #awaited = null;
  #starting = false;
  // Rises with each start and stop, so that an answer to an older question is dropped.
  #turn = 0;

  /**
   * @param {object} options
   * @param {HTMLVideoElement} options.video
   * @param {MediaDevices | undefined} [options.devices] not there in an insecure context
   * @param {boolean} [options.secure]
   * @param {Pick<import('./camera-memory.js').CameraMemory, 'choice' | 'choose'>} [options.memory]
   */
  constructor({
    video,
    devices = navigator.mediaDevices,
    secure = globalThis.isSecureContext,
    memory = { choice: null, choose: () => {} },
  }) {
    super();
    this.#video = video;
    this.#devices = devices;
    this.#secure = secure;
    this.#memory = memory;
    this.#wish = memory.choice ?? { facingMode: { ideal: 'user' } };
    devices?.addEventListener?.('devicechange', () => this.#devicesChanged());
  }

  /** Whether this page may ask for a camera at all. */
  get allowed() {
    return Boolean(this.#secure && this.#devices?.getUserMedia);
  }

  /** Whether a picture comes in. */
  get running() {
    return this.#stream !== null;
  }

  /** Whether a camera was asked for, and has not answered. */
  get starting() {
    return this.#starting;
  }

  /** Start, or start again, with the camera that was used last. */
  async start() {
    const turn = ++this.#turn;
    this.#release();
    this.#awaited = null;
    this.#starting = true;
    await this.#start(turn);
    if (turn === this.#turn) this.#starting = false;
  }

  async #start(turn) {
    if (!this.allowed) {
      this.#emit('stopped', { kind: 'insecure' });
      return;
    }
    let stream;
    try {
      stream = await this.#devices.getUserMedia({
        audio: false,
        video: { ...IDEAL_SIZE, frameRate: IDEAL_FRAME_RATE, ...this.#wish },
      });
    } catch (error) {
      if (turn !== this.#turn) return;
      const kind = cameraProblem(error);
      if (kind === 'missing') this.#awaited = '';
      this.#emit('stopped', { kind, error });
      return;
    }
    if (turn !== this.#turn) {
      stopTracks(stream);
      return;
    }
    this.#stream = stream;
    const [track] = stream.getVideoTracks();
    track.addEventListener('ended', () => {
      if (this.#stream !== stream) return;
      const { deviceId = '' } = this.#settings();
      this.stop('ended');
      this.#awaited = deviceId;
    });
    this.#video.srcObject = stream;
    try {
      await this.#video.play();
    } catch (error) {
      // AbortError: another start took over, which tells its own story.
      if (turn === this.#turn && error?.name !== 'AbortError') this.stop('gesture');
      return;
    }
    this.#cameras = await this.#listCameras();
    if (turn === this.#turn) this.#emit('started', this.#view());
  }

  /** Go to another camera of this device; back to this one if that does not start. */
  async flip() {
    if (!this.#stream || this.#cameras.length < 2) return;
    await this.#goTo(nextCamera(this.#settings(), this.#cameras));
  }

  /** Go to this camera; back if it does not start. @param {string} deviceId */
  async choose(deviceId) {
    if (this.#stream) await this.#goTo({ deviceId: { exact: deviceId } });
  }

  /**
   * @param {boolean} on
   * @throws {Error} the camera does not do it
   */
  async setTorch(on) {
    const [track] = this.#stream?.getVideoTracks() ?? [];
    if (!track) return;
    await track.applyConstraints(/** @type {any} */ ({ advanced: [{ torch: on }] }));
    this.#torch = on;
    if (track === this.#stream?.getVideoTracks()[0]) this.#emit('changed', this.#view());
  }

  /** @param {string | null} [kind] why; a key of texts.CAMERA_NOTICES; null: it is not wanted now */
  stop(kind = 'ended') {
    this.#turn += 1;
    this.#starting = false;
    this.#awaited = null;
    this.#release();
    this.#emit('stopped', { kind });
  }

  /** Some phones end the camera while the page is hidden, without an event. */
  async restartIfEnded() {
    const [track] = this.#stream?.getVideoTracks() ?? [];
    if (track?.readyState === 'ended') await this.start();
    else if (track && this.#video.paused) await this.#video.play().catch(() => this.start());
  }

  async #goTo(wish) {
    const before = this.#wish;
    this.#wish = wish;
    await this.start();
    if (this.#stream) {
      this.#memory.choose(this.#settings());
      // From now on another camera may answer in its place: it may be unplugged by then.
      const { deviceId } = /** @type {any} */ (wish);
      if (deviceId) this.#wish = { deviceId: { ideal: deviceId.exact } };
      return;
    }
    this.#wish = before;
    await this.start();
  }

  #release() {
    // Before another camera is asked for: many phones open only one at a time.
    if (this.#stream) stopTracks(this.#stream);
    this.#stream = null;
    this.#torch = false; // a camera that is let go takes its light with it
    this.#video.srcObject = null;
  }

  #settings() {
    return this.#stream?.getVideoTracks()[0]?.getSettings() ?? {};
  }

  /** @returns {CameraView} */
  #view() {
    const settings = this.#settings();
    const { facingMode = null, deviceId = null } = settings;
    const choice = needsChoice(settings, this.#cameras);
    return {
      facingMode,
      mirrored: isMirrored(facingMode),
      canFlip: this.#cameras.length > 1 && !choice,
      choice: choice ? this.#cameras : [],
      deviceId,
      torch: this.#hasTorch() ? this.#torch : null,
    };
  }

  #hasTorch() {
    const [track] = this.#stream?.getVideoTracks() ?? [];
    const capabilities = /** @type {any} */ (track?.getCapabilities?.() ?? {});
    return Boolean(capabilities.torch);
  }

  async #devicesChanged() {
    this.#cameras = await this.#listCameras();
    if (this.#stream) this.#emit('changed', this.#view());
    else if (this.#isBack()) await this.start();
  }

  #isBack() {
    if (this.#awaited === null) return false;
    const ids = this.#cameras.map(({ deviceId }) => deviceId);
    return this.#awaited === '' ? ids.length > 0 : ids.includes(this.#awaited);
  }

  async #listCameras() {
    try {
      const devices = await this.#devices.enumerateDevices();
      return devices.filter((device) => device.kind === 'videoinput');
    } catch {
      return []; // then there is no flip button, and no other harm
    }
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function stopTracks(stream) {
  for (const track of stream.getTracks()) track.stop();
}
