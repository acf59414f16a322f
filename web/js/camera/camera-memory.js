/**
 * What this browser keeps of the camera from one visit to the next: which one was chosen, and that
 * one was started before. Where the browser keeps nothing, it is asked for anew.
 */

const CHOICE = 'facestream.camera';
const STARTED = 'facestream.camera-started';

export class CameraMemory {
  #storage;

  /** @param {() => Storage} [storage] throws where the browser keeps nothing for this page */
  constructor(storage = () => localStorage) {
    this.#storage = storage;
  }

  /** What finds the camera that was chosen. @returns {MediaTrackConstraints | null} null: none was */
  get choice() {
    try {
      const { deviceId, facingMode } = JSON.parse(this.#read(CHOICE) ?? '{}') ?? {};
      // Ideal, not exact: when it is not there any more another one shall answer.
      if (typeof deviceId === 'string') return { deviceId: { ideal: deviceId } };
      if (typeof facingMode === 'string') return { facingMode: { ideal: facingMode } };
    } catch {
      // Somebody else's, or of another version.
    }
    return null;
  }

  /**
   * A person chose this camera. Phones have several on each side: there the side is kept.
   * @param {{deviceId?: string, facingMode?: string}} settings of its track
   */
  choose({ deviceId, facingMode }) {
    this.#write(CHOICE, JSON.stringify(facingMode ? { facingMode } : { deviceId }));
  }

  /** Whether a camera was started on this page before. */
  get started() {
    return this.#read(STARTED) !== null;
  }

  /** A camera was started. */
  noteStarted() {
    this.#write(STARTED, 'yes');
  }

  #read(key) {
    try {
      return this.#storage().getItem(key);
    } catch {
      return null;
    }
  }

  #write(key, value) {
    try {
      this.#storage().setItem(key, value);
    } catch {
      // Private windows: the next visit begins as this one did.
    }
  }
}
