/**
 * Requests over HTTP, as docs/rest.md has them: JSON in and out, the cookie of the page.
 *
 * Whatever goes wrong is a RequestError, as on the socket: callers need not know which way it went.
 */
import { RequestError } from './request-error.js';

export class Rest {
  #fetch;

  /** @param {{fetch?: typeof fetch}} [options] */
  constructor({ fetch = (...args) => globalThis.fetch(...args) } = {}) {
    this.#fetch = fetch;
  }

  /**
   * @param {string} path
   * @returns {Promise<any>} the answer
   * @throws {RequestError}
   */
  get(path) {
    return this.#ask('GET', path);
  }

  /**
   * Send JSON, or nothing.
   * @param {'POST' | 'PATCH' | 'DELETE'} method
   * @param {string} path
   * @param {Record<string, any>} [fields]
   * @returns {Promise<any>} the answer
   * @throws {RequestError}
   */
  send(method, path, fields) {
    if (fields === undefined) return this.#ask(method, path);
    return this.#ask(method, path, {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(fields),
    });
  }

  /**
   * Send a file, or a form with files; the browser names the type.
   * @param {string} path
   * @param {Blob | FormData} body
   * @returns {Promise<any>} the answer
   * @throws {RequestError}
   */
  upload(path, body) {
    return this.#ask('POST', path, { body });
  }

  async #ask(method, path, options = {}) {
    const init = { method, credentials: 'same-origin', cache: 'no-store', ...options };
    let response;
    try {
      response = await this.#fetch(path, /** @type {RequestInit} */ (init));
    } catch (error) {
      // A browser does not tell more than that it failed.
      throw new RequestError('connection_lost', `${method} ${path}: ${error.message}`, true);
    }
    const answer = await readJson(response);
    if (response.ok && answer !== null) return answer;
    if (typeof answer?.code === 'string' && typeof answer.message === 'string') {
      throw new RequestError(answer.code, answer.message, answer.retryable === true);
    }
    // Something between the server and us has answered, or the answer was cut off.
    throw new RequestError('bad_answer', `${method} ${path}: HTTP ${response.status}`, true);
  }
}

async function readJson(response) {
  try {
    return await response.json();
  } catch {
    return null;
  }
}
