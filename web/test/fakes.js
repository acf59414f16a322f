/** Stand-ins for time, sockets and cameras. */
import { SERVER_MESSAGES, CLIENT_MESSAGES, decode, encode } from '../js/connection/protocol.js';

/** A clock that stands still until it is told to go on. */
export class FakeClock {
  #nowMs = 0;
  #timers = new Map();
  #nextId = 1;

  now = () => this.#nowMs;

  setTimeout = (callback, delayMs) => {
    const id = this.#nextId++;
    this.#timers.set(id, { callback, dueMs: this.#nowMs + delayMs });
    return id;
  };

  clearTimeout = (id) => {
    this.#timers.delete(id);
  };

  /** Timers that have not fired. */
  get pending() {
    return this.#timers.size;
  }

  /** Let time pass; timers fire in their order, at their time. */
  advance(ms) {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#timers]
        .filter(([, timer]) => timer.dueMs <= untilMs)
        .sort((a, b) => a[1].dueMs - b[1].dueMs)[0];
      if (!due) break;
      const [id, { callback, dueMs }] = due;
      this.#timers.delete(id);
      this.#nowMs = Math.max(this.#nowMs, dueMs);
      callback();
    }
    this.#nowMs = untilMs;
  }
}

/** The client's half of a WebSocket; the test plays the server. */
export class FakeSocket {
  sent = [];
  closedWith = null;

  constructor(url, protocol) {
    this.url = url;
    this.protocol = protocol;
  }

  send(bytes) {
    this.sent.push(decode(bytes, CLIENT_MESSAGES));
  }

  close(code = 1005) {
    this.closedWith = code;
  }

  // --- the server's half ---

  accept() {
    this.onopen();
  }

  /** As from the wire: an ArrayBuffer of the message's bytes. */
  say(message) {
    const bytes = encode(message, SERVER_MESSAGES);
    this.onmessage({ data: bytes.slice().buffer });
  }

  end(code) {
    this.onclose({ code });
  }
}

/** Let everything go on that waits for nothing but its turn. */
export async function settle() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

export const HELLO = Object.freeze({
  type: 'hello',
  protocol: 1,
  server: 'facestream 0.1.0',
  session_id: 's1',
  resumed: false,
  role: 'admin',
  flow: { rate: 15, width: 640, quality: 80, window: 2 },
  examples_wanted: 10,
  min_examples: 5,
  keeps_crops: true,
  gallery_problem: null,
  foreign_templates: 0,
  min_examples: 10,
  keeps_crops: true,
  limits: { message_bytes: 1_000_000, picture_pixels: 4_000_000, name_length: 100 },
  embedder: 'mobilefacenet',
  fingerprint: 'abc',
  gallery: { revision: 0, identities: [] },
  gallery_problem: null,
  foreign_templates: 0,
});

/** As much of an element as a list of them needs. */
export class FakeElement {
  children = [];
  dataset = {};
  textContent = '';
  hidden = false;
  parent = null;
  #listeners = new Map();

  constructor(name = '') {
    this.name = name;
  }

  addEventListener(type, listener) {
    this.#listeners.set(type, listener);
  }

  fire(type, event = {}) {
    this.#listeners.get(type)?.(event);
  }

  contains(other) {
    return other === this || this.children.some((child) => child.contains(other));
  }

  insertBefore(child, before) {
    child.remove();
    const index = before ? this.children.indexOf(before) : this.children.length;
    this.children.splice(index, 0, child);
    child.parent = this;
    return child;
  }

  remove() {
    if (!this.parent) return;
    this.parent.children.splice(this.parent.children.indexOf(this), 1);
    this.parent = null;
    this.removals = (this.removals ?? 0) + 1;
  }
}

/** A panel without a page: events go through a reducer, and are noted. */
export class FakePanel {
  events = [];

  constructor(reduce, state) {
    this.reduce = reduce;
    this.state = state;
  }

  dispatch(event) {
    this.events.push(event);
    this.state = this.reduce(this.state, event);
  }
}

/** Answers in the order in which they are asked for; each is a value, or an error to throw. */
export function answers(...list) {
  const asked = [];
  const ask = async (...args) => {
    asked.push(args);
    const answer = list.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { ask, asked };
}
