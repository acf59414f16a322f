/**
 * Camera pictures -> frames on the wire, never more than the server wants.
 *
 * Nothing is queued: when the window is full a camera picture is passed over, and the next frame
 * is made from the newest one. Frames that stay unanswered are given up, so that it never stalls.
 */
import { realClock } from './clock.js';

/** A higher rate shows no more, and costs the phone's battery. */
export const MAX_FRAMES_PER_SECOND = 15;

/** A frame that is unanswered for so long is given up. */
export const GIVE_UP_MS = 5000;

/** When the browser has offered no camera picture for so long, one is taken by timer. */
const WATCHDOG_MS = 400;

/** Which frames are unanswered, and whether one more may go. Pure: times in ms are handed in. */
export class FrameWindow {
  #size;
  #intervalMs;
  #giveUpMs;
  #dueMs = -Infinity;
  /** @type {Map<number, number>} seq -> when it was sent */
  #unanswered = new Map();

  /**
   * @param {object} [options]
   * @param {number} [options.size] frames that may be unanswered at a time
   * @param {number} [options.maxFramesPerSecond]
   * @param {number} [options.giveUpMs]
   */
  constructor({
    size = 1,
    maxFramesPerSecond = MAX_FRAMES_PER_SECOND,
    giveUpMs = GIVE_UP_MS,
  } = {}) {
    this.#size = size;
    this.#intervalMs = 1000 / maxFramesPerSecond;
    this.#giveUpMs = giveUpMs;
  }

  /** How many frames are unanswered. */
  get unanswered() {
    return this.#unanswered.size;
  }

  /**
   * A new session: nothing is unanswered.
   * @param {number} size
   */
  reset(size) {
    this.#size = Math.max(1, size);
    this.#unanswered.clear();
  }

  /** @param {number} nowMs @returns {boolean} whether a frame may be sent now */
  allows(nowMs) {
    for (const [seq, sentMs] of this.#unanswered) {
      if (nowMs - sentMs > this.#giveUpMs) this.#unanswered.delete(seq);
    }
    return this.#unanswered.size < this.#size && nowMs >= this.#dueMs;
  }

  /** @param {number} seq @param {number} nowMs */
  sent(seq, nowMs) {
    this.#unanswered.set(seq, nowMs);
    // Counted from when it was due, not from now: else a 30 fps camera, whose pictures come a
    // little late, would be thinned out to 10 fps. Half a period is always kept.
    this.#dueMs = Math.max(this.#dueMs + this.#intervalMs, nowMs + this.#intervalMs / 2);
  }

  /** @param {number} seq @returns {boolean} whether it was unanswered until now */
  answered(seq) {
    return this.#unanswered.delete(seq);
  }
}

/** Drives the window with the camera. Runs while all of its conditions hold. */
export class Streamer {
  #window;
  #encode;
  #send;
  #ticks;
  #clock;
  #onError;
  #conditions = { connected: false, camera: false, visible: false };
  #stopTicks = null;
  #encoding = false;
  #nextSeq = 0;

  /**
   * @param {object} options
   * @param {() => Promise<Uint8Array | null>} options.encode the newest camera picture as JPEG; null: there is none
   * @param {(frame: {seq: number, capturedMs: number, jpeg: Uint8Array}) => boolean} options.send
   * @param {(onTick: () => void) => () => void} options.ticks calls for each camera picture; returns how to stop
   * @param {(error: unknown) => void} options.onError
   * @param {import('./clock.js').Clock} [options.clock]
   * @param {FrameWindow} [options.window]
   */
  constructor({ encode, send, ticks, onError, clock = realClock, window = new FrameWindow() }) {
    this.#encode = encode;
    this.#send = send;
    this.#ticks = ticks;
    this.#onError = onError;
    this.#clock = clock;
    this.#window = window;
  }

  /** The number of the next frame. It goes on counting over reconnects. */
  get nextSeq() {
    return this.#nextSeq;
  }

  /** @param {number} windowSize frames that may be unanswered, by the server's hello */
  connected(windowSize) {
    this.#window.reset(windowSize);
    this.setCondition('connected', true);
  }

  /**
   * @param {'connected' | 'camera' | 'visible'} name
   * @param {boolean} holds
   */
  setCondition(name, holds) {
    this.#conditions[name] = holds;
    const run = Object.values(this.#conditions).every(Boolean);
    if (run && !this.#stopTicks) {
      this.#stopTicks = this.#ticks(() => this.#tick());
    } else if (!run && this.#stopTicks) {
      this.#stopTicks();
      this.#stopTicks = null;
    }
  }

  /** A result, a dropped or an error came for this frame. @param {number} seq */
  answered(seq) {
    this.#window.answered(seq);
  }

  async #tick() {
    if (this.#encoding || !this.#window.allows(this.#clock.now())) return;
    this.#encoding = true;
    try {
      const capturedMs = this.#clock.now();
      const jpeg = await this.#encode();
      // While it was encoded the connection, the camera or the view may have gone.
      if (!jpeg || !this.#stopTicks) return;
      const seq = this.#nextSeq;
      if (this.#send({ seq, capturedMs, jpeg })) {
        this.#nextSeq += 1;
        this.#window.sent(seq, capturedMs);
      }
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#encoding = false;
    }
  }
}

/**
 * Calls back for each new picture of `video`, as nearly as the browser can tell.
 * @param {HTMLVideoElement} video
 * @param {() => void} onTick
 * @param {import('./clock.js').Clock} [clock]
 * @returns {() => void} stops it
 */
export function videoTicks(video, onTick, clock = realClock) {
  const exact = typeof video.requestVideoFrameCallback === 'function';
  let stopped = false;
  let handle = 0;
  let watchdog = null;

  const ask = () => {
    handle = exact ? video.requestVideoFrameCallback(next) : requestAnimationFrame(next);
    // Browsers stop both callbacks for reasons of their own (a covered window, low power).
    watchdog = clock.setTimeout(() => {
      cancel();
      next();
    }, WATCHDOG_MS);
  };
  const cancel = () => {
    if (exact) video.cancelVideoFrameCallback(handle);
    else cancelAnimationFrame(handle);
    clock.clearTimeout(watchdog);
  };
  const next = () => {
    clock.clearTimeout(watchdog);
    if (stopped) return;
    onTick();
    ask();
  };

  ask();
  return () => {
    stopped = true;
    cancel();
  };
}
