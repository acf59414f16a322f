/** The examples of a capture as pictures that can be removed. Owns its list and their addresses. */
import { ObjectUrls } from '../basics/object-urls.js';
import { syncChildren } from '../basics/sync-children.js';
import { removeExampleText } from '../texts/enrolment.js';
import { exampleAlt } from '../texts/words.js';

/** @typedef {import('./capture-state.js').CaptureState} CaptureState */

export class CaptureThumbnails extends EventTarget {
  #list;
  #template;
  #urls = new ObjectUrls();

  /**
   * Emits `remove` (detail: {exampleId, next}; next: the button that should have the focus then).
   * @param {HTMLElement} list
   * @param {HTMLTemplateElement} template
   */
  constructor(list, template) {
    super();
    this.#list = list;
    this.#template = template;
    list.addEventListener('click', ({ target }) => {
      const item = target.closest('[data-example-id]');
      if (!item) return;
      const next = item.nextElementSibling ?? item.previousElementSibling;
      const detail = {
        exampleId: item.dataset.exampleId,
        next: next?.querySelector('button') ?? null,
      };
      this.dispatchEvent(new CustomEvent('remove', { detail }));
    });
  }

  /** @param {CaptureState} state */
  show({ examples, phase, wanted }) {
    this.#urls.keepOnly(examples.map((example) => example.exampleId));
    const items = new Map();
    for (const item of this.#list.children) items.set(item.dataset.exampleId, item);
    const children = examples.map((example, index) => {
      const item = items.get(example.exampleId) ?? this.#make(example);
      item.querySelector('img').alt = exampleAlt(index + 1);
      item.querySelector('button').setAttribute('aria-label', removeExampleText(index + 1));
      return item;
    });
    if (phase === 'starting' || phase === 'capturing') {
      while (children.length < wanted) children.push(makeSlot());
    }
    syncChildren(this.#list, children);
    for (const button of this.#list.querySelectorAll('button')) {
      button.disabled = phase !== 'review';
    }
  }

  #make({ exampleId, cropJpeg }) {
    const item = this.#template.content.firstElementChild.cloneNode(true);
    item.dataset.exampleId = exampleId;
    item.querySelector('img').src = this.#urls.of(exampleId, cropJpeg);
    return item;
  }
}

function makeSlot() {
  const slot = document.createElement('li');
  slot.className = 'slot';
  slot.setAttribute('aria-hidden', 'true');
  return slot;
}
