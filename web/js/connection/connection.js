/**
 * One session with the server: hello, requests and their answers, reconnecting and resuming.
 *
 * Knows the protocol, not the page. It owns the socket and the requests that wait for an answer;
 * each of them ends in exactly one answer or one error. There is at most one socket. A session may
 * outlive its socket: the one that was lost is asked for again, and hello tells if it came back.
 *
 * Events: `state` (detail: ConnectionState), one event a message with the message's type as its
 * name (`hello`, `result`, `dropped`, `enrol_progress`, `gallery`, ...), `frame_error` for an error
 * that answers a frame, `fault` for an error that answers nothing.
 */
import { realClock } from '../basics/clock.js';
import { ProtocolError, SUBPROTOCOL, decode, encode } from './protocol.js';
import { RequestError } from './request-error.js';

/** @typedef {import('./protocol.js').Message} Message */
/** @typedef {'version' | 'fault' | 'elsewhere' | 'idle'} CloseReason a key of texts.CONNECTION_NOTICES */
/**
 * @typedef {object} ConnectionState
 * @property {'connecting' | 'live' | 'reconnecting' | 'denied' | 'closed'} state
 * @property {number | null} retryInS whole seconds to the next try, while waiting for it
 * @property {CloseReason | null} reason why it is closed
 */

/**
 * Wait before the first, second, ... try to reconnect; the last one repeats. Somebody is looking at
 * the page, so that no wait may be long; the browser slows down the timers of pages that are hidden.
 */
export const BACK_OFF_MS = Object.freeze([500, 1000, 1800]);

/** Share by which a wait is drawn longer, so that phones do not come back all at once. */
const JITTER = 0.3;

/** A socket that has not said hello by then is given up. */
export const OPEN_TIMEOUT_MS = 10_000;

/**
 * A try to reconnect that is not accepted by then is given up. TCP asks again after 1 and after 3 s
 * (RFC 6298), but then not before 7: a new try finds a network that is back sooner.
 */
export const ACCEPT_TIMEOUT_MS = 3200;

/** Every so many tries one waits for OPEN_TIMEOUT_MS, for the sake of slow networks. */
const PATIENT_EVERY = 4;

/** Requests that a capture under way answers by itself, with `started`. */
const BEGINNINGS = Object.freeze(new Set(['enrol_begin', 'enrol_more']));

/** A request without an answer by then is given up. A commit writes to disk, which is quick. */
export const REQUEST_TIMEOUT_MS = 15_000;

/**
 * Frames are answered within a second; silence for so long while frames are sent means a
 * dead network path, which a browser may take minutes to notice.
 */
export const SILENCE_MS = 10_000;

/** The same, when the network has been away: an answer is near, or the old path leads nowhere. */
export const DOUBT_MS = 1500;

const CLOSE_NORMAL = 1000;

/** After these there is no next try. @type {Readonly<Record<number, CloseReason>>} */
const CLOSE_REASONS = Object.freeze({
  [CLOSE_NORMAL]: 'fault',
  4400: 'fault', // no hello
  4406: 'version',
  4409: 'elsewhere',
  4410: 'idle',
});

/** The token was revoked, or its time is over. */
const CLOSE_REVOKED = 4401;

/** Errors that come right before a close code which says the same. */
const SAID_BY_CLOSE_CODE = Object.freeze(new Set(['resumed_elsewhere', 'idle']));

export class Connection extends EventTarget {
  #url;
  #sessionUrl;
  #client;
  #clock;
  #makeSocket;
  #fetch;
  #random;

  /** @type {WebSocket | null} */
  #socket = null;
  #live = false;
  /** @type {ConnectionState['state']} */
  #state = 'connecting';
  /** @type {CloseReason | null} */
  #closeReason = null;
  /** The session to ask for when there is a socket again. @type {string | null} */
  #sessionId = null;
  #tries = 0;
  #timer = null;
  #unheardSinceMs = null;
  #nextRequest = 1;
  /** @type {Map<number, {type: string, resolve: Function, reject: Function, timer: any}>} */
  #pending = new Map();

  /**
   * @param {object} options
   * @param {string} options.url of the socket, ws: or wss:
   * @param {string} options.client program and version, for the server's log
   * @param {string} [options.sessionUrl] answers 401 when this browser has no access
   * @param {import('../basics/clock.js').Clock} [options.clock]
   * @param {(url: string, protocol: string) => WebSocket} [options.makeSocket]
   * @param {typeof fetch} [options.fetch]
   * @param {() => number} [options.random]
   */
  constructor({
    url,
    client,
    sessionUrl = '/api/session',
    clock = realClock,
    makeSocket = (address, protocol) => new WebSocket(address, protocol),
    fetch = (...args) => globalThis.fetch(...args),
    random = Math.random,
  }) {
    super();
    this.#url = url;
    this.#client = client;
    this.#sessionUrl = sessionUrl;
    this.#clock = clock;
    this.#makeSocket = makeSocket;
    this.#fetch = fetch;
    this.#random = random;
  }

  /** Whether hello was exchanged and the socket is open. */
  get live() {
    return this.#live;
  }

  /** The state that was announced last. */
  get state() {
    return this.#state;
  }

  /** Whether it is closed for good: only the page anew can mend that, not `open`. */
  get over() {
    return this.#state === 'closed' && this.#closeReason !== 'idle';
  }

  /** Connect now: at the start, or instead of waiting for the next try. Harmless when connected. */
  open() {
    if (this.#socket) return;
    this.#stopTimer();
    this.#announce(this.#tries === 0 ? 'connecting' : 'reconnecting');
    const socket = this.#makeSocket(this.#url, SUBPROTOCOL);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.#waitFor(OPEN_TIMEOUT_MS);
      socket.send(encode({ type: 'hello', client: this.#client, resume: this.#sessionId }));
    };
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#closed(socket, event.code);
    this.#socket = socket;
    this.#waitFor(this.#tries % PATIENT_EVERY === 0 ? OPEN_TIMEOUT_MS : ACCEPT_TIMEOUT_MS);
  }

  /** Whatever was begun without a network is not worth waiting for. */
  networkIsBack() {
    if (this.#live) {
      this.#unheardSinceMs = this.#clock.now() - SILENCE_MS + DOUBT_MS;
      return;
    }
    const socket = this.#socket;
    this.#forgetSocket();
    socket?.close();
    this.open();
  }

  /** Leave for good. What is opened after this is another session. */
  close() {
    this.#stopTimer();
    this.#sessionId = null;
    const socket = this.#socket;
    this.#forgetSocket();
    socket?.close(CLOSE_NORMAL);
  }

  /**
   * Send one camera picture.
   * @param {{seq: number, capturedMs: number, jpeg: Uint8Array}} frame
   * @returns {boolean} false: there is no connection, and the frame is gone
   */
  sendFrame({ seq, capturedMs, jpeg }) {
    if (!this.#live) return false;
    const nowMs = this.#clock.now();
    this.#unheardSinceMs ??= nowMs;
    if (nowMs - this.#unheardSinceMs > SILENCE_MS) {
      this.#drop();
      return false;
    }
    this.#socket.send(encode({ type: 'frame', seq, captured_ms: capturedMs, jpeg }));
    return true;
  }

  /**
   * Send a message that is answered once.
   * @param {string} type
   * @param {Record<string, any>} [fields]
   * @returns {Promise<Message>} the answer
   * @throws {RequestError} refused by the server; or connection_lost; or no_answer in time
   */
  request(type, fields = {}) {
    return new Promise((resolve, reject) => {
      if (!this.#live) {
        reject(connectionLost());
        return;
      }
      const request = this.#nextRequest++;
      const bytes = encode({ type, request, ...fields });
      const timer = this.#clock.setTimeout(() => {
        this.#settle(request)?.reject(
          new RequestError('no_answer', `${type} was not answered`, true),
        );
      }, REQUEST_TIMEOUT_MS);
      this.#pending.set(request, { type, resolve, reject, timer });
      this.#socket.send(bytes);
    });
  }

  #receive(data) {
    this.#unheardSinceMs = null;
    let message;
    try {
      message = decode(data);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // One message that cannot be read is no reason to end the session.
      this.#emit('fault', new RequestError('page_fault', error.message, false));
      return;
    }
    switch (message.type) {
      case 'hello':
        this.#stopTimer();
        this.#live = true;
        this.#tries = 0;
        this.#sessionId = message.session_id;
        this.#emit('hello', message);
        this.#announce('live');
        return;
      case 'error':
        this.#receiveError(message);
        return;
      case 'ok':
      case 'enrol_committed':
      case 'face_explained':
        // The others learn of the change before whoever waits for the answer goes on.
        this.#emit(message.type, message);
        this.#settle(message.request)?.resolve(message);
        return;
      case 'enrol_progress':
        this.#emit(message.type, message);
        if (message.verdict === 'started') this.#settleBegin(message);
        return;
      default:
        this.#emit(message.type, message);
    }
  }

  #receiveError(message) {
    if (SAID_BY_CLOSE_CODE.has(message.code)) return;
    const error = new RequestError(message.code, message.message, message.retryable);
    const pending = this.#settle(message.request);
    if (pending) {
      pending.reject(error);
    } else if (typeof message.seq === 'number') {
      this.#emit('frame_error', { seq: message.seq, error });
    } else {
      this.#emit('fault', error);
    }
  }

  /** `started` carries no request; captures are begun one after the other, so the oldest is meant. */
  #settleBegin(message) {
    for (const [request, { type }] of this.#pending) {
      if (BEGINNINGS.has(type)) {
        this.#settle(request).resolve(message);
        return;
      }
    }
  }

  #settle(request) {
    const pending = this.#pending.get(request);
    if (!pending) return null;
    this.#pending.delete(request);
    this.#clock.clearTimeout(pending.timer);
    return pending;
  }

  /** Treat the socket as closed without waiting for the closing handshake, which may never come. */
  #drop() {
    const socket = this.#socket;
    if (!socket) return;
    this.#closed(socket, null);
    socket.close();
  }

  #closed(socket, code) {
    if (socket !== this.#socket) return; // one that was dropped or left already
    const wasLive = this.#live;
    this.#forgetSocket();
    if (Object.hasOwn(CLOSE_REASONS, code)) {
      this.#sessionId = null;
      this.#announce('closed', { reason: CLOSE_REASONS[code] });
    } else if (code === CLOSE_REVOKED) {
      this.#sessionId = null;
      this.#announce('denied');
    } else if (wasLive) {
      this.#retryLater();
    } else {
      // A browser does not tell why an upgrade failed; the session address does.
      this.#retryUnlessDenied();
    }
  }

  #forgetSocket() {
    this.#stopTimer();
    this.#socket = null;
    this.#live = false;
    this.#unheardSinceMs = null;
    for (const request of [...this.#pending.keys()]) {
      this.#settle(request).reject(connectionLost());
    }
  }

  async #retryUnlessDenied() {
    this.#retryLater();
    let status;
    try {
      ({ status } = await this.#fetch(this.#sessionUrl, { cache: 'no-store' }));
    } catch {
      return; // the server is away: the wait goes on
    }
    if (status === 401 && !this.#socket) {
      this.#stopTimer();
      this.#announce('denied');
    }
  }

  #retryLater() {
    const baseMs = BACK_OFF_MS[Math.min(this.#tries, BACK_OFF_MS.length - 1)];
    this.#tries += 1;
    this.#countDown(this.#clock.now() + baseMs * (1 + JITTER * this.#random()));
  }

  #countDown(untilMs) {
    const leftMs = untilMs - this.#clock.now();
    if (leftMs <= 0) {
      this.#timer = null;
      this.open();
      return;
    }
    this.#announce('reconnecting', { retryInS: Math.ceil(leftMs / 1000) });
    this.#timer = this.#clock.setTimeout(() => this.#countDown(untilMs), Math.min(leftMs, 1000));
  }

  /** Give the socket up if nothing better happens by then. */
  #waitFor(ms) {
    this.#stopTimer();
    this.#timer = this.#clock.setTimeout(() => this.#drop(), ms);
  }

  #stopTimer() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #announce(state, { retryInS = null, reason = null } = {}) {
    this.#state = state;
    this.#closeReason = reason;
    this.#emit('state', { state, retryInS, reason });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function connectionLost() {
  return new RequestError('connection_lost', 'there is no connection to the server', true);
}
