/**
 * Why there is no live view, and what to do, in the middle of the stage. Owns its container.
 *
 * Several things can be wrong at once. They are told one at a time, the most fundamental first.
 */

/** @typedef {import('./texts.js').Notice} Content */

/** Topics, the most fundamental first: without access a camera is of no use. */
const TOPICS = Object.freeze(['connection', 'camera']);

export class Notice extends EventTarget {
  #container;
  #title;
  #text;
  #action;
  /** @type {Map<string, Content>} */
  #contents = new Map();
  #shown = null;

  /** Emits `action` (detail: {topic}). @param {HTMLElement} container */
  constructor(container) {
    super();
    this.#container = container;
    this.#title = container.querySelector('.notice-title');
    this.#text = container.querySelector('.notice-text');
    this.#action = container.querySelector('.notice-action');
    this.#action.addEventListener('click', () => {
      this.dispatchEvent(new CustomEvent('action', { detail: { topic: this.#shown } }));
    });
  }

  /**
   * @param {'connection' | 'camera'} topic
   * @param {Content | null} content null: nothing is wrong with it
   */
  set(topic, content) {
    if (content) this.#contents.set(topic, content);
    else this.#contents.delete(topic);
    this.#render();
  }

  #render() {
    this.#shown = TOPICS.find((topic) => this.#contents.has(topic)) ?? null;
    this.#container.hidden = this.#shown === null;
    if (this.#shown === null) return;
    const { title, text, action } = this.#contents.get(this.#shown);
    this.#title.textContent = title;
    this.#text.textContent = text;
    this.#action.textContent = action ?? '';
    this.#action.hidden = action === null;
  }
}
