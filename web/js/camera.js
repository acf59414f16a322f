/**
 * The camera of this device in a video element: start, flip, stop, and why it does not start.
 *
 * Events: `started` (detail: CameraView), `changed` (the same, when only the number of cameras
 * changed), `stopped` (detail: {kind}, a key of texts.CAMERA_NOTICES, or null when it is not wanted).
 */

/** @typedef {{mirrored: boolean, facingMode: string | null, canFlip: boolean}} CameraView */

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

export class Camera extends EventTarget {
  #video;
  #devices;
  #secure;
  /** @type {MediaStream | null} */
  #stream = null;
  /** @type {{deviceId: string}[]} */
  #cameras = [];
  /** @type {MediaTrackConstraints} */
  #wish = { facingMode: { ideal: 'user' } };
  // Rises with each start and stop, so that an answer to an older question is dropped.
  #turn = 0;

  /**
   * @param {object} options
   * @param {HTMLVideoElement} options.video
   * @param {MediaDevices | undefined} [options.devices] not there in an insecure context
   * @param {boolean} [options.secure]
   */
  constructor({
    video,
    devices = navigator.mediaDevices,
    secure = globalThis.isSecureContext,
  }) {
    super();
    this.#video = video;
    this.#devices = devices;
    this.#secure = secure;
    devices?.addEventListener?.('devicechange', () => this.#cameraCountChanged());
  }

  /** Whether a picture comes in. */
  get running() {
    return this.#stream !== null;
  }

  /** Start, or start again, with the camera that was used last. */
  async start() {
    const turn = ++this.#turn;
    this.#release();
    if (!this.#secure || !this.#devices?.getUserMedia) {
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
      if (turn === this.#turn) this.#emit('stopped', { kind: cameraProblem(error), error });
      return;
    }
    if (turn !== this.#turn) {
      stopTracks(stream);
      return;
    }
    this.#stream = stream;
    const [track] = stream.getVideoTracks();
    track.addEventListener('ended', () => {
      if (this.#stream === stream) this.stop('ended');
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
    const before = this.#wish;
    this.#wish = nextCamera(this.#settings(), this.#cameras);
    await this.start();
    if (!this.#stream) {
      this.#wish = before;
      await this.start();
    }
  }

  /** @param {string | null} [kind] why; a key of texts.CAMERA_NOTICES; null: it is not wanted now */
  stop(kind = 'ended') {
    this.#turn += 1;
    this.#release();
    this.#emit('stopped', { kind });
  }

  /** Some phones end the camera while the page is hidden, without an event. */
  async restartIfEnded() {
    const [track] = this.#stream?.getVideoTracks() ?? [];
    if (track?.readyState === 'ended') await this.start();
    else if (track && this.#video.paused) await this.#video.play().catch(() => this.start());
  }

  #release() {
    // Before another camera is asked for: many phones open only one at a time.
    if (this.#stream) stopTracks(this.#stream);
    this.#stream = null;
    this.#video.srcObject = null;
  }

  #settings() {
    return this.#stream?.getVideoTracks()[0]?.getSettings() ?? {};
  }

  #view() {
    const { facingMode = null } = this.#settings();
    return { facingMode, mirrored: isMirrored(facingMode), canFlip: this.#cameras.length > 1 };
  }

  async #cameraCountChanged() {
    this.#cameras = await this.#listCameras();
    if (this.#stream) this.#emit('changed', this.#view());
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
