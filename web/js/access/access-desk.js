/** Keeps the list of who has access new while it is shown, and takes access back. Knows no page. */
import { realClock } from '../basics/clock.js';
import { revokedText } from '../texts/access.js';
import { errorText } from '../texts/errors.js';

/** So often the list is asked for: the phone that has just joined is to be seen in it. */
export const LOOK_MS = 4000;

const PATH = '/api/tokens';

export class AccessDesk {
  #rest;
  #list;
  #say;
  #warn;
  #clock;
  #shown = false;
  #timer = null;
  /** Counts the looks: the answer to an older one is passed over. */
  #looks = 0;

  /**
   * @param {object} options
   * @param {Pick<import('../connection/rest.js').Rest, 'get' | 'send'>} options.rest
   * @param {Pick<import('./access-list.js').AccessList, 'show'>} options.list
   * @param {(text: string) => void} options.say
   * @param {(text: string) => void} options.warn
   * @param {import('../basics/clock.js').Clock} [options.clock]
   */
  constructor({ rest, list, say, warn, clock = realClock }) {
    this.#rest = rest;
    this.#list = list;
    this.#say = say;
    this.#warn = warn;
    this.#clock = clock;
  }

  /** Somebody looks at the list. */
  open() {
    this.#shown = true;
    return this.#look();
  }

  /** Nobody does any more. */
  close() {
    this.#shown = false;
    this.#looks += 1;
    this.#clock.clearTimeout(this.#timer);
    this.#list.show([], 0);
  }

  /** @param {{tokenId: string, name: string}} holder */
  async revoke({ tokenId, name }) {
    try {
      await this.#rest.send('DELETE', `${PATH}/${encodeURIComponent(tokenId)}`);
      this.#say(revokedText(name));
    } catch (error) {
      this.#warn(errorText(error));
    }
    if (this.#shown) await this.#look();
  }

  async #look() {
    this.#clock.clearTimeout(this.#timer);
    const look = ++this.#looks;
    try {
      const { tokens } = await this.#rest.get(PATH);
      if (look === this.#looks) this.#list.show(tokens, Date.now());
    } catch {
      // The panel says what is wrong when it asks for a link; the next look may do better.
    }
    if (look === this.#looks) this.#timer = this.#clock.setTimeout(() => this.#look(), LOOK_MS);
  }
}
