/**
 * How many examples another model made, and how far their embedding is. Owns its container.
 *
 * Emits `embed`.
 */
import { foreignText } from '../texts/gallery.js';

export class ForeignLine extends EventTarget {
  #container;
  #text;
  #progress;
  #button;

  /** @param {HTMLElement} container */
  constructor(container) {
    super();
    this.#container = container;
    this.#text = container.querySelector('#foreign-text');
    this.#progress = container.querySelector('#foreign-progress');
    this.#button = container.querySelector('#foreign-embed');
    this.#button.addEventListener('click', () => {
      this.#button.disabled = true; // until the server has answered
      this.dispatchEvent(new CustomEvent('embed'));
    });
  }

  /** @param {import('./gallery-api.js').Reembedded | null} status null: there is nothing to say */
  show(status) {
    this.#container.hidden = status === null;
    if (status === null) return;
    const { running, done, total, without_crop } = status;
    const embeddable = total - without_crop;
    this.#container.dataset.running = String(running);
    this.#text.textContent = foreignText(status);
    this.#progress.hidden = !running;
    this.#progress.max = Math.max(1, embeddable);
    this.#progress.value = done;
    const hadFocus = this.#button === document.activeElement;
    this.#button.hidden = running || done >= embeddable;
    this.#button.disabled = false;
    if (hadFocus && this.#button.hidden) this.#container.focus();
  }
}
