/**
 * Which way a session goes: by a WebSocket, or by plain requests where none gets through.
 *
 * Some proxies, and iPhones that trust a certificate only half, let requests pass and no WebSocket.
 * A browser does not tell why a socket failed. So two in a row that failed before the server said a
 * word, while it answers requests and is ready, are taken for a way that is blocked.
 *
 * The socket is tried anew when the page is loaded, and when a connection has to be made anew a
 * minute or more after the last try: a phone that went to another network. It is not tried while
 * the tunnel works, since that would interrupt it, and a blocked way is seldom opened under a page.
 */
import { realClock } from '../basics/clock.js';
import { Tunnel } from './tunnel.js';

/** Sockets in a row that fail before the way counts as blocked: one may fail by chance. */
export const FAILURES = 2;

/** After so long a blocked way is tried again, at the next occasion. */
export const TRY_AGAIN_MS = 60_000;

/** @typedef {'socket' | 'tunnel'} TransportKind */

export class Transport {
  #sessionUrl;
  #clock;
  #fetch;
  #makeSocket;
  #makeTunnel;
  #failures = 0;
  #triedMs = -Infinity;
  /** @type {TransportKind} */
  #kind = 'socket';

  /**
   * @param {object} [options]
   * @param {string} [options.sessionUrl] says whether the server is ready
   * @param {import('../basics/clock.js').Clock} [options.clock]
   * @param {typeof globalThis.fetch} [options.fetch]
   * @param {(url: string, protocol: string) => WebSocket} [options.makeSocket]
   * @param {(protocol: string) => Tunnel} [options.makeTunnel]
   */
  constructor({
    sessionUrl = '/api/session',
    clock = realClock,
    fetch = (...args) => globalThis.fetch(...args),
    makeSocket = (url, protocol) => new WebSocket(url, protocol),
    makeTunnel = (protocol) => new Tunnel(protocol),
  } = {}) {
    this.#sessionUrl = sessionUrl;
    this.#clock = clock;
    this.#fetch = fetch;
    this.#makeSocket = makeSocket;
    this.#makeTunnel = makeTunnel;
  }

  /** What was made last. */
  get kind() {
    return this.#kind;
  }

  /**
   * What the connection takes for its socket.
   * @param {string} url of the socket, ws: or wss:
   * @param {string} protocol
   * @returns {WebSocket}
   */
  make(url, protocol) {
    const nowMs = this.#clock.now();
    const blocked = this.#failures >= FAILURES;
    if (blocked && nowMs - this.#triedMs < TRY_AGAIN_MS) {
      this.#kind = 'tunnel';
      return /** @type {WebSocket} */ (/** @type {unknown} */ (this.#makeTunnel(protocol)));
    }
    this.#kind = 'socket';
    this.#triedMs = nowMs;
    return this.#watched(this.#makeSocket(url, protocol));
  }

  #watched(socket) {
    let heard = false;
    socket.addEventListener('message', () => {
      heard = true;
      this.#failures = 0;
    }, { once: true });
    socket.addEventListener('close', () => {
      if (!heard) this.#failed();
    }, { once: true });
    return socket;
  }

  async #failed() {
    let ready = false;
    try {
      const answer = await this.#fetch(this.#sessionUrl, { cache: 'no-store' });
      ready = answer.ok && (await answer.json()).ready;
    } catch {
      // The server is away: the socket is not to blame.
    }
    this.#failures = ready ? this.#failures + 1 : 0;
  }
}
