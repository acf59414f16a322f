/**
 * Why there is no live view, and what to do, in the middle of the stage. Owns its container.
 *
 * Several things can be wrong at once. They are told one at a time, the most fundamental first.
 */

/**
 * @typedef {object} Content
 * @property {string} title
 * @property {string} text
 * @property {readonly {where: string, how: string}[]} [steps] what to do, in each browser
 * @property {string | null} action
 * @property {string} [kind] where it looks different from the others
 */

/** Topics, the most fundamental first: without access a camera is of no use. */
const TOPICS = Object.freeze(['connection', 'camera']);

export class Notice extends EventTarget {
  #container;
  #title;
  #text;
  #steps;
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
    this.#steps = container.querySelector('.notice-steps');
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
    const { title, text, steps = [], action, kind = '' } = this.#contents.get(this.#shown);
    this.#container.dataset.kind = kind;
    this.#title.textContent = title;
    this.#text.textContent = text;
    this.#steps.replaceChildren(...steps.map(makeStep));
    this.#steps.hidden = steps.length === 0;
    this.#action.textContent = action ?? '';
    this.#action.hidden = action === null;
  }
}

function makeStep({ where, how }) {
  const step = document.createElement('div');
  const term = document.createElement('dt');
  const detail = document.createElement('dd');
  term.textContent = where;
  detail.textContent = how;
  step.append(term, detail);
  return step;
}
