/**
 * Who is known, with how many examples; deleting, in two steps. Owns its container.
 *
 * Emits `delete` (detail: {identity}).
 */
import { deleteQuestion, deleteText, examplesText } from './texts.js';

/** @typedef {import('./gallery.js').Identity} Identity */

/** How long somebody who was just added is marked. */
const FRESH_MS = 4000;

export class PeoplePanel extends EventTarget {
  #list;
  #empty;
  #total;
  #title;
  #badge;
  #template;
  #available = false;
  /** @type {readonly Identity[]} */
  #identities = [];
  /** Whose deletion is being confirmed; one at a time. @type {string | null} */
  #asking = null;
  #fresh = null;

  /**
   * @param {HTMLElement} container
   * @param {{person: HTMLTemplateElement, badge: HTMLElement}} options badge: the number, where the panel is hidden
   */
  constructor(container, { person, badge }) {
    super();
    this.#list = container.querySelector('#people-list');
    this.#empty = container.querySelector('#people-empty');
    this.#total = container.querySelector('#people-total');
    this.#title = container.querySelector('#people-title');
    this.#badge = badge;
    this.#template = person;
    this.#list.addEventListener('click', (event) => this.#clicked(event));
    this.#list.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#asking !== null) this.#ask(null);
    });
  }

  /** @param {readonly Identity[]} identities in the order in which they are shown */
  show(identities) {
    this.#identities = identities;
    if (!identities.some((identity) => identity.identity_id === this.#asking)) this.#asking = null;
    this.#render();
  }

  /** @param {boolean} available whether the server can be asked to delete */
  setAvailable(available) {
    this.#available = available;
    this.#render();
  }

  /** Mark somebody who was just added. @param {string} identityId */
  highlight(identityId) {
    this.#fresh = identityId;
    this.#render();
    this.#row(identityId)?.scrollIntoView({ block: 'nearest' });
    setTimeout(() => {
      if (this.#fresh !== identityId) return;
      this.#fresh = null;
      this.#render();
    }, FRESH_MS);
  }

  #clicked(event) {
    const row = event.target.closest('[data-identity-id]');
    const button = event.target.closest('button');
    if (!row || !button) return;
    const { identityId } = row.dataset;
    if (button.matches('.person-delete')) {
      this.#ask(identityId);
    } else if (button.matches('.person-delete-cancel')) {
      this.#ask(null);
    } else if (button.matches('.person-delete-confirm')) {
      const identity = this.#identities.find((one) => one.identity_id === identityId);
      this.#ask(null);
      // Its row goes when the server says so; until then the heading keeps the focus.
      this.#title.focus({ preventScroll: true });
      this.dispatchEvent(new CustomEvent('delete', { detail: { identity } }));
    }
  }

  #ask(identityId) {
    const before = this.#asking;
    this.#asking = identityId;
    this.#render();
    if (identityId !== null) this.#row(identityId)?.querySelector('.person-delete-cancel').focus();
    else if (before !== null) this.#row(before)?.querySelector('.person-delete').focus();
  }

  #row(identityId) {
    return [...this.#list.children].find((row) => row.dataset.identityId === identityId);
  }

  #render() {
    const count = this.#identities.length;
    this.#empty.hidden = count > 0;
    this.#list.hidden = count === 0;
    this.#badge.textContent = String(count);
    this.#total.textContent = String(count);
    // Rows are used again: a change made on another phone must not take away the focus here.
    const rows = new Map([...this.#list.children].map((row) => [row.dataset.identityId, row]));
    const wanted = this.#identities.map(
      (identity) => rows.get(identity.identity_id) ?? this.#makeRow(identity),
    );
    for (const row of rows.values()) {
      if (!wanted.includes(row)) row.remove();
    }
    wanted.forEach((row, index) => {
      if (this.#list.children[index] !== row) {
        this.#list.insertBefore(row, this.#list.children[index] ?? null);
      }
      this.#fill(row, this.#identities[index]);
    });
  }

  #makeRow({ identity_id }) {
    const row = this.#template.content.firstElementChild.cloneNode(true);
    row.dataset.identityId = identity_id;
    return row;
  }

  #fill(row, identity) {
    const { identity_id, display_name, templates } = identity;
    const asking = this.#asking === identity_id;
    row.classList.toggle('fresh', this.#fresh === identity_id);
    row.querySelector('.avatar').textContent = initial(display_name);
    row.querySelector('.person-name').textContent = display_name;
    row.querySelector('.person-count').textContent = examplesText(templates);
    const button = row.querySelector('.person-delete');
    button.setAttribute('aria-label', deleteText(identity));
    button.setAttribute('aria-expanded', String(asking));
    button.disabled = !this.#available;
    row.querySelector('.confirm').hidden = !asking;
    row.querySelector('.confirm-question').textContent = deleteQuestion(identity);
    row.querySelector('.person-delete-confirm').disabled = !this.#available;
  }
}

function initial(name) {
  return ([...name.trim()][0] ?? '?').toLocaleUpperCase();
}
