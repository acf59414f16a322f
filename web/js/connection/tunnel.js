/**
 * The messages of a session carried by plain requests, where no WebSocket gets through.
 *
 * Has the part of a WebSocket that connection.js uses, and knows nothing of what the messages say.
 * docs/protocol.md, "Over plain HTTPS", is the contract in words. One request waits for messages of
 * the server; up to three send ours, the last of them all that has come together meanwhile. Bound:
 * what waits to be sent; the frames in it are bounded by the flow, and the requests by their patience.
 */
import { realClock } from '../basics/clock.js';

/** Wait for a request no longer than this: the server answers within a second or so. */
export const GIVE_UP_MS = 20_000;

/**
 * Requests that send at a time. With one only, frames would wait for its way there and back, and
 * come two together, of which the server takes the newer. A browser has six connections to a server;
 * two are left for the gallery.
 */
export const MAX_SENDING = 3;

/** In one request, unless one message alone is larger. A server takes four times a message. */
export const MAX_REQUEST_BYTES = 1 << 20;

/** With the last messages: the code with which a WebSocket would have been closed. */
export const CLOSE_HEADER = 'Tunnel-Close';

/** A WebSocket has it when the connection broke without a farewell. */
const CLOSE_ABNORMAL = 1006;

const LENGTH_BYTES = 4;

export class Tunnel {
  binaryType = 'arraybuffer';
  onopen = () => {};
  /** @param {{data: ArrayBuffer}} event */
  onmessage = (event) => void event;
  /** @param {{code: number}} event */
  onclose = (event) => void event;

  #fetch;
  #clock;
  #path = '';
  #over = false;
  #leaving = new AbortController();
  /** @type {Uint8Array[]} */
  #unsent = [];
  #sending = 0;
  #sent = 0;
  #received = 0;

  /**
   * Begin one.
   * @param {string} protocol the subprotocol that a WebSocket would ask for
   * @param {object} [options]
   * @param {string} [options.path]
   * @param {typeof globalThis.fetch} [options.fetch]
   * @param {import('../basics/clock.js').Clock} [options.clock]
   */
  constructor(
    protocol,
    {
      path = '/api/tunnel',
      fetch = (...args) => globalThis.fetch(...args),
      clock = realClock,
    } = {},
  ) {
    this.#fetch = fetch;
    this.#clock = clock;
    this.#begin(path, protocol);
  }

  /** Put a message on its way. @param {Uint8Array} bytes */
  send(bytes) {
    if (this.#over) return;
    this.#unsent.push(bytes);
    this.#sendAll();
  }

  /** Leave; only with a code is it a good-bye, after which the server keeps nothing. @param {number} [code] */
  close(code) {
    if (this.#over) return;
    this.#end(code ?? CLOSE_ABNORMAL);
    if (code !== undefined && this.#path) this.#sayGoodBye();
  }

  async #begin(path, protocol) {
    await this.#unlessItFails(async () => {
      const { body } = await this.#ask('POST', `${path}?protocol=${encodeURIComponent(protocol)}`);
      const { tunnel_id: id } = JSON.parse(new TextDecoder().decode(body));
      this.#path = `${path}/${id}`;
      this.onopen();
      await this.#collect();
    });
  }

  async #collect() {
    while (!this.#over) {
      const { headers, body } = await this.#ask('GET', `${this.#path}?first=${this.#received}`);
      const messages = unpacked(body);
      this.#received += messages.length;
      for (const data of messages) {
        if (this.#over) return;
        this.onmessage({ data });
      }
      const code = headers.get(CLOSE_HEADER);
      if (code !== null) this.#end(Number(code));
    }
  }

  #sendAll() {
    while (this.#path && this.#sending < MAX_SENDING && this.#unsent.length > 0) {
      this.#sendSome(this.#unsent.splice(0, howMany(this.#unsent)));
    }
  }

  /** The server puts them in order, should one request overtake another. */
  async #sendSome(messages) {
    this.#sending += 1;
    await this.#unlessItFails(async () => {
      const path = `${this.#path}?first=${this.#sent}`;
      this.#sent += messages.length;
      await this.#ask('POST', path, packed(messages));
    });
    this.#sending -= 1;
    this.#sendAll();
  }

  /** A tunnel in which one request failed is lost, as a socket is; its session may be resumed. */
  async #unlessItFails(work) {
    try {
      await work();
    } catch (error) {
      if (this.#over) return;
      console.warn(error);
      this.#end(CLOSE_ABNORMAL);
    }
  }

  async #ask(method, path, body) {
    const timer = this.#clock.setTimeout(() => this.#end(CLOSE_ABNORMAL), GIVE_UP_MS);
    try {
      const answer = await this.#fetch(path, {
        method,
        body,
        credentials: 'same-origin',
        cache: 'no-store',
        signal: this.#leaving.signal,
      });
      if (!answer.ok) throw new Error(`${method} of a tunnel: HTTP ${answer.status}`);
      return { headers: answer.headers, body: await answer.arrayBuffer() };
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }

  /** It outlives the page. When it does not get through, the server notices the silence. */
  #sayGoodBye() {
    this.#fetch(this.#path, { method: 'DELETE', keepalive: true }).catch(() => {});
  }

  #end(code) {
    if (this.#over) return;
    this.#over = true;
    this.#unsent = [];
    this.#leaving.abort();
    this.onclose({ code });
  }
}

/** How many of these, of the oldest, go into one request. */
function howMany(messages) {
  let bytes = 0;
  for (const [index, message] of messages.entries()) {
    bytes += LENGTH_BYTES + message.length;
    if (bytes > MAX_REQUEST_BYTES) return Math.max(index, 1);
  }
  return messages.length;
}

/**
 * The body that carries these messages: before each its length, in 32 bits, the highest byte first.
 * @param {Uint8Array[]} messages
 * @returns {Uint8Array}
 */
export function packed(messages) {
  const body = new Uint8Array(messages.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0));
  const view = new DataView(body.buffer);
  let at = 0;
  for (const message of messages) {
    view.setUint32(at, message.length);
    body.set(message, at + LENGTH_BYTES);
    at += LENGTH_BYTES + message.length;
  }
  return body;
}

/**
 * The messages in a body.
 * @param {ArrayBuffer} body
 * @returns {ArrayBuffer[]}
 * @throws {RangeError} it ends within a message
 */
export function unpacked(body) {
  const view = new DataView(body);
  const messages = [];
  for (let at = 0; at < body.byteLength; ) {
    const begin = at + LENGTH_BYTES;
    at = begin + view.getUint32(begin - LENGTH_BYTES);
    if (at > body.byteLength) throw new RangeError('a body ends within a message');
    messages.push(body.slice(begin, at));
  }
  return messages;
}
