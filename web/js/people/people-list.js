/**
 * Who is known, with how many examples, and a search where there are many. Owns its container.
 *
 * Emits `open` (detail: {identityId}).
 */
import { syncList } from '../basics/sync-children.js';
import { portraitUrl } from '../gallery/gallery-api.js';
import { searchByName } from '../gallery/gallery.js';
import { openPersonText } from '../texts/people.js';
import { examplesText } from '../texts/words.js';

/** @typedef {import('../gallery/gallery.js').Identity} Identity */

/** How long somebody who was just added is marked. */
const FRESH_MS = 4000;

/** As many fit on a phone; more are searched. */
const MOST_WITHOUT_SEARCH = 8;

export class PeopleList extends EventTarget {
  #list;
  #empty;
  #nobody;
  #searchField;
  #search;
  #total;
  #badge;
  #template;
  #keepsCrops = true;
  #mayOpen = true;
  /** @type {readonly Identity[]} */
  #identities = [];
  #fresh = null;

  /**
   * @param {HTMLElement} container
   * @param {object} options
   * @param {HTMLTemplateElement} options.person
   * @param {HTMLElement} options.total the number, in the heading of the panel
   * @param {HTMLElement} options.badge the number, where the panel is hidden
   */
  constructor(container, { person, total, badge }) {
    super();
    const find = (selector) => container.querySelector(selector);
    this.#list = find('#people-list');
    this.#empty = find('#people-empty');
    this.#nobody = find('#people-nobody');
    this.#searchField = find('#people-search-field');
    this.#search = find('#people-search');
    this.#total = total;
    this.#badge = badge;
    this.#template = person;
    this.#search.addEventListener('input', () => this.#render());
    this.#list.addEventListener('click', ({ target }) => {
      const row = target.closest('button')?.closest('[data-identity-id]');
      if (!row) return;
      const { identityId } = row.dataset;
      this.dispatchEvent(new CustomEvent('open', { detail: { identityId } }));
    });
  }

  /** @param {readonly Identity[]} identities in the order in which they are shown */
  show(identities) {
    this.#identities = identities;
    this.#render();
  }

  /**
   * @param {{keepsCrops: boolean, mayOpen: boolean}} what whether there are pictures of people, and
   *   whether more than the names may be looked at
   */
  setDetail({ keepsCrops, mayOpen }) {
    this.#keepsCrops = keepsCrops;
    this.#mayOpen = mayOpen;
    this.#render();
  }

  /** @param {string} identityId @returns {boolean} whether their row is there, and has the focus */
  focus(identityId) {
    const button = this.#row(identityId)?.querySelector('button');
    button?.focus();
    return Boolean(button);
  }

  /** Mark somebody who was just added. @param {string} identityId */
  highlight(identityId) {
    this.#fresh = identityId;
    this.#search.value = '';
    this.#render();
    this.#row(identityId)?.scrollIntoView({ block: 'nearest' });
    setTimeout(() => {
      if (this.#fresh !== identityId) return;
      this.#fresh = null;
      this.#render();
    }, FRESH_MS);
  }

  #row(identityId) {
    return [...this.#list.children].find((row) => row.dataset.identityId === identityId);
  }

  #render() {
    const count = this.#identities.length;
    this.#searchField.hidden = count <= MOST_WITHOUT_SEARCH;
    if (this.#searchField.hidden) this.#search.value = '';
    const found = searchByName(this.#identities, this.#search.value);
    this.#empty.hidden = count > 0;
    this.#nobody.hidden = count === 0 || found.length > 0;
    this.#list.hidden = found.length === 0;
    this.#badge.textContent = String(count);
    this.#total.textContent = String(count);
    syncList(this.#list, found, {
      key: ({ identity_id }) => identity_id,
      make: ({ identity_id }) => {
        const row = this.#template.content.firstElementChild.cloneNode(true);
        row.dataset.identityId = identity_id;
        return row;
      },
      fill: (row, identity) => this.#fill(row, identity),
    });
  }

  #fill(row, identity) {
    const { identity_id, display_name, templates } = identity;
    row.classList.toggle('fresh', this.#fresh === identity_id);
    const button = row.querySelector('button');
    button.disabled = !this.#mayOpen;
    button.title = this.#mayOpen ? openPersonText(display_name) : '';
    row.querySelector('.initial').textContent = initial(display_name);
    row.querySelector('.person-name').textContent = display_name;
    row.querySelector('.person-count').textContent = examplesText(templates);
    const wanted = this.#keepsCrops && this.#mayOpen ? String(templates) : '';
    if (row.dataset.portrait === wanted) return;
    row.dataset.portrait = wanted; // other examples may give another portrait
    showPortrait(row.querySelector('.avatar'), wanted && portraitUrl(identity_id, wanted));
  }
}

/** The portrait over the initial, which is seen while there is no picture, or none any more. */
function showPortrait(avatar, url) {
  avatar.querySelector('img')?.remove();
  if (!url) return;
  const image = document.createElement('img');
  image.alt = '';
  image.loading = 'lazy'; // a hidden list fetches nothing
  image.addEventListener('error', () => image.remove());
  image.src = url;
  avatar.append(image);
}

function initial(name) {
  return ([...name.trim()][0] ?? '?').toLocaleUpperCase();
}
