/** What is worth a look in the gallery, each leading to the person. Owns its container. */
import { syncList } from '../basics/sync-children.js';
import { findings } from './health.js';

export class HealthList extends EventTarget {
  #container;
  #list;
  #count;
  #template;
  /** @type {Map<string, import('./health.js').Finding>} */
  #findings = new Map();

  /**
   * Emits `open` (detail: a Finding).
   * @param {HTMLElement} container
   * @param {HTMLTemplateElement} template of a finding
   */
  constructor(container, template) {
    super();
    this.#container = container;
    this.#list = container.querySelector('#health-list');
    this.#count = container.querySelector('#health-count');
    this.#template = template;
    this.#list.addEventListener('click', ({ target }) => {
      const item = target.closest('button')?.closest('li');
      if (!item) return;
      const detail = this.#findings.get(item.dataset.key);
      this.dispatchEvent(new CustomEvent('open', { detail }));
    });
  }

  /** @param {import('./health.js').Health} health */
  show(health) {
    const found = findings(health);
    this.#findings = new Map(found.map((finding) => [keyOf(finding), finding]));
    this.#container.hidden = found.length === 0;
    this.#count.textContent = String(found.length);
    syncList(this.#list, found, {
      key: keyOf,
      make: () => this.#template.content.firstElementChild.cloneNode(true),
      fill: (item, { kind, identityId, text }) => {
        item.dataset.health = kind;
        item.dataset.identityId = identityId;
        item.querySelector('button').textContent = text;
      },
    });
  }
}

function keyOf({ kind, identityId, templateId, other }) {
  return [kind, identityId, templateId, other].join(' ');
}
