/**
 * Who has access, each with a button that takes it back. Owns its container.
 *
 * Emits `revoke` (detail: {tokenId, name}), once somebody pressed the button twice: nothing brings a
 * token back.
 */
import { syncList } from '../basics/sync-children.js';
import { REVOKE, REVOKE_SURE, holderText } from '../texts/access.js';

/**
 * @typedef {object} Holder as docs/rest.md has a token
 * @property {string} token_id
 * @property {string} name
 * @property {'viewer' | 'operator' | 'admin'} role
 * @property {'start' | 'link' | 'hand'} by
 * @property {number | null} created_at_ms
 * @property {number | null} expires_at_ms
 * @property {number | null} last_used_at_ms
 * @property {boolean} own whether it is this page's
 */

export class AccessList extends EventTarget {
  #container;
  #list;
  #template;
  #title;

  /**
   * @param {HTMLElement} container
   * @param {HTMLTemplateElement} template of a holder
   */
  constructor(container, template) {
    super();
    this.#container = container;
    this.#list = container.querySelector('ul');
    this.#template = template;
    this.#title = container.querySelector('h4');
    this.#list.addEventListener('click', ({ target }) => this.#press(target.closest('button')));
    this.#list.addEventListener('focusout', ({ target }) => ask(target, false));
  }

  /** @param {readonly Holder[]} holders @param {number} nowMs */
  show(holders, nowMs) {
    this.#container.hidden = holders.length === 0;
    syncList(this.#list, holders, {
      key: ({ token_id }) => token_id,
      make: () => this.#make(),
      fill: (item, holder) => {
        item.querySelector('.person-name').textContent = holder.name;
        item.querySelector('.person-count').textContent = holderText(holder, nowMs);
        const button = item.querySelector('button');
        button.hidden = holder.own || holder.by === 'start';
        button.setAttribute('aria-label', `${button.textContent} ${holder.name}`);
      },
    });
  }

  #make() {
    const item = /** @type {HTMLElement} */ (
      this.#template.content.firstElementChild.cloneNode(true)
    );
    item.querySelector('button').textContent = REVOKE;
    return item;
  }

  #press(button) {
    if (!button) return;
    if (!ask(button, true)) return;
    const item = button.closest('li');
    const name = item.querySelector('.person-name').textContent;
    this.#title.focus(); // the button goes
    this.dispatchEvent(
      new CustomEvent('revoke', { detail: { tokenId: item.dataset.key, name } }),
    );
  }
}

/** Ask on the button itself, or no more; returns whether it asked already. */
function ask(button, sure) {
  const asked = button.textContent === REVOKE_SURE;
  button.textContent = sure ? REVOKE_SURE : REVOKE;
  const name = button.closest('li').querySelector('.person-name').textContent;
  button.setAttribute('aria-label', `${button.textContent} ${name}`);
  return asked;
}
