/**
 * Stored examples as pictures that can be chosen. Owns its list.
 *
 * Emits `toggle` (detail: {templateId}).
 */
import { syncList } from '../basics/sync-children.js';
import { exampleUrl } from '../gallery/gallery-api.js';
import { storedExampleText } from '../texts/people.js';

export class ExampleGrid extends EventTarget {
  #list;
  #template;
  /** @type {Map<string, import('../gallery/gallery-api.js').TemplateId>} as text -> as the server gave it */
  #ids = new Map();

  /** @param {HTMLElement} list @param {HTMLTemplateElement} template of an example */
  constructor(list, template) {
    super();
    this.#list = list;
    this.#template = template;
    list.addEventListener('click', ({ target }) => {
      const item = target.closest('button')?.closest('[data-template-id]');
      if (!item) return;
      const templateId = this.#ids.get(item.dataset.templateId);
      this.dispatchEvent(new CustomEvent('toggle', { detail: { templateId } }));
    });
  }

  /**
   * @param {readonly import('../gallery/gallery-api.js').Example[]} examples
   * @param {readonly import('../gallery/gallery-api.js').TemplateId[]} selected
   * @param {{choosable: boolean}} options choosable: whether anything can be done with them
   */
  show(examples, selected, { choosable }) {
    this.#ids = new Map(examples.map(({ template_id }) => [String(template_id), template_id]));
    syncList(this.#list, examples, {
      key: ({ template_id }) => template_id,
      make: (example) => this.#make(example),
      fill: (item, example, index) => {
        const text = storedExampleText(example, index + 1);
        item.dataset.searched = String(example.searched);
        item.title = text;
        const button = item.querySelector('button');
        button.setAttribute('aria-pressed', String(selected.includes(example.template_id)));
        button.setAttribute('aria-label', text);
        button.disabled = !choosable;
        item.querySelector('.position').textContent = String(index + 1);
      },
    });
  }

  #make({ template_id, has_crop }) {
    const item = this.#template.content.firstElementChild.cloneNode(true);
    item.dataset.templateId = String(template_id);
    const image = item.querySelector('img');
    // Its number is under it, and is seen where there is no picture.
    image.addEventListener('error', () => image.remove());
    if (has_crop) image.src = exampleUrl(template_id);
    else image.remove();
    return item;
  }
}
