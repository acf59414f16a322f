/**
 * Camera pictures -> frames on the wire, never more than the server wants.
 *
 * Nothing is queued: when the window is full a camera picture is passed over, and the next frame
 * is made from the newest one. Frames that stay unanswered are given up, so that it never stalls.
 */
import { realClock } from '../basics/clock.js';

/** A higher rate shows no more, and costs the phone's battery. */
export const MAX_FRAMES_PER_SECOND = 15;

/** Whatever the server asks for, frames never cease: a rate of nothing would be no rate. */
export const MIN_FRAMES_PER_SECOND = 0.1;

/** A frame that is unanswered for so long is given up. */
export const GIVE_UP_MS = 5000;

/** When the browser has offered no camera picture for so long, one is taken by timer. */
const WATCHDOG_MS = 400;

/** @typedef {import('../connection/protocol.js').Flow} Flow */

/** Which frames are unanswered, and whether one more may go. Pure: times in ms are handed in. */
export class FrameWindow {
  #size = 1;
  #maxFramesPerSecond;
  #intervalMs;
  #giveUpMs;
  /** When the newest frame was due. The next one is due an interval later, however long that is then. */
  #lastDueMs = -Infinity;
  /** @type {Map<number, number>} seq -> when it was sent */
  #unanswered = new Map();

  /**
   * @param {object} [options]
   * @param {number} [options.maxFramesPerSecond] whatever the server allows
   * @param {number} [options.giveUpMs]
   */
  constructor({ maxFramesPerSecond = MAX_FRAMES_PER_SECOND, giveUpMs = GIVE_UP_MS } = {}) {
    this.#maxFramesPerSecond = maxFramesPerSecond;
    this.#intervalMs = 1000 / maxFramesPerSecond;
    this.#giveUpMs = giveUpMs;
  }

  /** How many frames are unanswered. */
  get unanswered() {
    return this.#unanswered.size;
  }

  /** Another connection: nothing is unanswered, or nothing will be answered any more. */
  reset() {
    this.#unanswered.clear();
  }

  /**
   * From now on. The pause that is under way becomes as long as the new rate makes it.
   * @param {{rate: number, window: number}} flow
   */
  follow({ rate, window }) {
    const framesPerSecond = Math.max(rate, MIN_FRAMES_PER_SECOND);
    this.#intervalMs = 1000 / Math.min(framesPerSecond, this.#maxFramesPerSecond);
    this.#size = Math.max(1, window);
  }

  /** @param {number} nowMs @returns {boolean} whether a frame may be sent now */
  allows(nowMs) {
    for (const [seq, sentMs] of this.#unanswered) {
      if (nowMs - sentMs > this.#giveUpMs) this.#unanswered.delete(seq);
    }
    return this.#unanswered.size < this.#size && nowMs >= this.#lastDueMs + this.#intervalMs;
  }

  /** @param {number} seq @param {number} nowMs */
  sent(seq, nowMs) {
    this.#unanswered.set(seq, nowMs);
    // Counted from when it was due, not from now: else a 30 fps camera, whose pictures come a
    // little late, would be thinned out to 10 fps. Half a period is always kept.
    this.#lastDueMs = Math.max(this.#lastDueMs + this.#intervalMs, nowMs - this.#intervalMs / 2);
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
  /** @type {Flow | null} */
  #flow = null;
  #nextSeq = 0;

  /**
   * @param {object} options
   * @param {(flow: Flow) => Promise<Uint8Array | null>} options.encode the newest camera picture as JPEG; null: there is none
   * @param {(frame: {seq: number, capturedMs: number, jpeg: Uint8Array}) => boolean} options.send
   * @param {(onTick: () => void) => () => void} options.ticks calls for each camera picture; returns how to stop
   * @param {(error: unknown) => void} options.onError
   * @param {import('../basics/clock.js').Clock} [options.clock]
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

  /** What the server asked for last. @returns {Flow | null} null: it was not heard yet */
  get flow() {
    return this.#flow;
  }

  /** There is a connection. @param {Flow} flow by the server's hello */
  connected(flow) {
    this.#window.reset();
    this.follow(flow);
    this.setCondition('connected', true);
  }

  /** The next frame is made as the server wants it now. @param {Flow} flow */
  follow(flow) {
    this.#flow = flow;
    this.#window.follow(flow);
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
      const jpeg = await this.#encode(this.#flow);
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
 * @param {import('../basics/clock.js').Clock} [clock]
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
