/**
 * The gallery as a whole: saved to a file, restored from one, cleared. Owns its container.
 *
 * Emits `check` (detail: {file}), `restore` (detail: {file, mode}), and `clear`.
 */
import { CLEAR_WORD, planLines, restoreHeading } from '../texts/gallery.js';
import { EXPORT_URL } from './gallery-api.js';
import { NO_FILE, mayChange, reduceRestore } from './restore-state.js';

export class GalleryFile extends EventTarget {
  #container;
  #find;
  #file = null;
  #state = NO_FILE;
  #available = false;

  /** @param {HTMLElement} container */
  constructor(container) {
    super();
    this.#container = container;
    this.#find = (selector) => container.querySelector(selector);
    this.#find('#gallery-save').href = EXPORT_URL;
    const input = this.#find('#gallery-restore-file');
    this.#find('#gallery-restore').addEventListener('click', () => input.click());
    input.addEventListener('change', () => {
      const [file] = input.files;
      input.value = ''; // or the same file could not be chosen again
      if (!file) return;
      this.#file = file;
      this.#emit('check', { file });
    });
    for (const mode of ['merge', 'replace']) {
      this.#choice(mode).querySelector('button').addEventListener('click', () => {
        this.#emit('restore', { file: this.#file, mode });
      });
    }
    this.#find('#restore-cancel').addEventListener('click', () => {
      this.dispatch({ type: 'end' });
    });
    const word = this.#find('#clear-word');
    word.addEventListener('input', () => this.#renderClear());
    this.#find('#clear-form').addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#find('#gallery-clear').disabled) return;
      word.value = '';
      this.#renderClear();
      this.#emit('clear');
    });
  }

  /** @param {import('./restore-state.js').RestoreEvent} event */
  dispatch(event) {
    const before = this.#state;
    this.#state = reduceRestore(before, event);
    if (this.#state !== before) this.#render(before);
  }

  /** @param {boolean} available whether there is a server */
  setAvailable(available) {
    this.#available = available;
    this.#render(this.#state);
    this.#renderClear();
  }

  #render(before) {
    const { phase, plans, problem } = this.#state;
    const focused = document.activeElement;
    const mayTakeFocus = focused === document.body || this.#container.contains(focused);
    this.#find('#restore').hidden = phase === 'idle' && problem === null;
    this.#find('#restore').dataset.phase = phase;
    this.#find('#gallery-restore').disabled = !this.#available || phase !== 'idle';
    this.#find('#restore-title').textContent = restoreHeading(this.#state);
    this.#find('#restore-problem').textContent = problem ?? '';
    this.#find('#restore-cancel').hidden = phase === 'idle';
    this.#find('#restore-cancel').disabled = phase === 'restoring';
    for (const mode of ['merge', 'replace']) {
      const choice = this.#choice(mode);
      choice.hidden = plans === null;
      if (plans === null) continue;
      const lines = planLines(plans[mode], mode).map((line) => {
        const item = document.createElement('li');
        item.textContent = line;
        return item;
      });
      choice.querySelector('ul').replaceChildren(...lines);
      choice.querySelector('button').disabled =
        !this.#available || phase === 'restoring' || !mayChange(plans[mode], mode);
    }
    if (before.phase === phase) return;
    // What had the focus may be hidden or disabled now.
    if (mayTakeFocus) {
      this.#find(phase === 'idle' ? '#gallery-restore' : '#restore-title').focus();
    }
    this.#find('#restore').scrollIntoView({ block: 'nearest' });
  }

  #renderClear() {
    const typed = this.#find('#clear-word').value.trim().toLowerCase();
    this.#find('#gallery-clear').disabled = !this.#available || typed !== CLEAR_WORD;
  }

  #choice(mode) {
    return this.#find(`[data-mode="${mode}"]`);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
