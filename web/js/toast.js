/** One short message at a time, which goes by itself. Where all errors end. Owns its container. */
import { realClock } from './clock.js';

const SHOWN_MS = 4000;

/** A sentence on what went wrong takes longer to take in. */
const SHOWN_BAD_MS = 8000;

export class Toast {
  #container;
  #text;
  #clock;
  #timer = null;

  /**
   * @param {HTMLElement} container
   * @param {import('./clock.js').Clock} [clock]
   */
  constructor(container, clock = realClock) {
    this.#container = container;
    this.#text = container.querySelector('.toast-text');
    this.#clock = clock;
    container.querySelector('.toast-close').addEventListener('click', () => this.hide());
  }

  /** @param {string} text */
  say(text) {
    this.#show(text, 'neutral', SHOWN_MS);
  }

  /** @param {string} text */
  warn(text) {
    this.#show(text, 'bad', SHOWN_BAD_MS);
  }

  hide() {
    this.#clock.clearTimeout(this.#timer);
    this.#container.hidden = true;
    this.#text.textContent = '';
  }

  #show(text, tone, shownMs) {
    this.#clock.clearTimeout(this.#timer);
    this.#container.dataset.tone = tone;
    // Made visible before the text is set: screen readers speak changes of what is there.
    this.#container.hidden = false;
    // The same text again would be spoken again; it only stays longer.
    if (this.#text.textContent !== text) this.#text.textContent = text;
    this.#timer = this.#clock.setTimeout(() => this.hide(), shownMs);
  }
}
