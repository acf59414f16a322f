/**
 * One short message at a time, which goes by itself. Where all errors end. Owns its container.
 *
 * A message can offer something, such as to take a deletion back, and stays as long as that is
 * possible. What is said meanwhile covers it, and it comes back after that.
 */
import { realClock } from '../basics/clock.js';

const SHOWN_MS = 4000;

/** A sentence on what went wrong takes longer to take in. */
const SHOWN_BAD_MS = 8000;

/**
 * @typedef {object} Offer
 * @property {string} text
 * @property {string} label of the button
 * @property {() => void} act
 * @property {number} untilMs by the clock
 */

export class Toast {
  #container;
  #text;
  #action;
  #clock;
  #timer = null;
  /** @type {Offer | null} */
  #offer = null;
  /** What had the focus before somebody went into the toast. */
  #focusedBefore = null;

  /**
   * @param {HTMLElement} container
   * @param {import('../basics/clock.js').Clock} [clock]
   */
  constructor(container, clock = realClock) {
    this.#container = container;
    this.#text = container.querySelector('.toast-text');
    this.#action = container.querySelector('.toast-action');
    this.#clock = clock;
    container.querySelector('.toast-close').addEventListener('click', () => this.hide());
    this.#action.addEventListener('click', () => {
      const offer = this.#offer;
      this.hide();
      offer?.act();
    });
    container.addEventListener('focusin', ({ relatedTarget }) => {
      if (!container.contains(relatedTarget)) this.#focusedBefore = relatedTarget;
    });
  }

  /** @param {string} text */
  say(text) {
    this.#show(text, 'neutral', SHOWN_MS);
  }

  /** @param {string} text */
  warn(text) {
    this.#show(text, 'bad', SHOWN_BAD_MS);
  }

  /**
   * Say something, with a button; it takes the place of an older offer.
   * @param {string} text
   * @param {{label: string, seconds: number, act: () => void}} offer act: what the button does
   */
  offer(text, { label, seconds, act }) {
    this.#offer = { text, label, act, untilMs: this.#clock.now() + seconds * 1000 };
    this.#showOffer();
  }

  /** Show nothing, and offer nothing any more. */
  hide() {
    this.#clock.clearTimeout(this.#timer);
    this.#offer = null;
    if (this.#container.contains(document.activeElement)) this.#focusedBefore?.focus();
    this.#focusedBefore = null;
    this.#container.hidden = true;
    this.#text.textContent = '';
  }

  #showOffer() {
    const { text, label, untilMs } = this.#offer;
    this.#action.textContent = label;
    this.#show(text, 'neutral', untilMs - this.#clock.now(), true);
  }

  #show(text, tone, shownMs, withAction = false) {
    this.#clock.clearTimeout(this.#timer);
    this.#container.dataset.tone = tone;
    this.#action.hidden = !withAction;
    // Made visible before the text is set: screen readers speak changes of what is there.
    this.#container.hidden = false;
    // The same text again would be spoken again; it only stays longer.
    if (this.#text.textContent !== text) this.#text.textContent = text;
    this.#timer = this.#clock.setTimeout(() => this.#timeOver(), shownMs);
  }

  #timeOver() {
    if (this.#offer && this.#offer.untilMs > this.#clock.now()) this.#showOffer();
    else this.hide();
  }
}
