/**
 * One person: examples, name, note, until when they may be kept; and what can be done with them.
 * Owns its container and the state, which person-state.js decides.
 *
 * Emits `back`; `edit` (detail: {edits}); `merge` (detail: {into}); `delete`; `delete-examples`
 * (detail: {templateIds}); `move-examples` (detail: {templateIds, displayName}); and `shown`
 * (detail: {identityId: string | null, before, hadFocus}) when it opens or closes.
 */
import { lastDay } from '../basics/dates.js';
import { syncList } from '../basics/sync-children.js';
import { findById, findByName } from '../gallery/gallery.js';
import {
  MERGE_CHOOSE,
  chosenText,
  deleteChosenText,
  deleteText,
  mergeLabel,
  mergeQuestion,
  moveNoteText,
  personAboutText,
} from '../texts/people.js';
import { ExampleGrid } from './example-grid.js';
import { NOBODY, canMove, editsOf, examplesOf, reducePerson } from './person-state.js';

/** @typedef {import('./person-state.js').PersonState} PersonState */
/** @typedef {import('./person-state.js').PersonEvent} PersonEvent */

export class PersonDetail extends EventTarget {
  #container;
  #gallery;
  #find;
  #examples;
  #rejections;
  #fields;
  /** What the fields were filled with; what differs from it was typed. */
  #filled = { displayName: '', note: '', lastDay: '' };
  /** @type {PersonState} */
  #state = NOBODY;
  #keepsCrops = true;
  #mayChange = true;

  /**
   * @param {HTMLElement} container
   * @param {object} options
   * @param {HTMLTemplateElement} options.example
   * @param {() => import('../gallery/gallery.js').Gallery} options.gallery as it is known now
   */
  constructor(container, { example, gallery }) {
    super();
    this.#container = container;
    this.#gallery = gallery;
    this.#find = (selector) => container.querySelector(selector);
    this.#examples = new ExampleGrid(this.#find('#person-examples'), example);
    this.#rejections = new ExampleGrid(this.#find('#person-rejections'), example);
    this.#fields = {
      displayName: this.#find('#person-name'),
      note: this.#find('#person-note'),
      lastDay: this.#find('#person-expires'),
    };
    this.#listen();
  }

  /** @returns {PersonState} */
  get state() {
    return this.#state;
  }

  /** @param {PersonEvent} event */
  dispatch(event) {
    const before = this.#state;
    this.#state = reducePerson(before, event);
    if (this.#state === before) return;
    const { identityId } = this.#state;
    const another = identityId !== before.identityId;
    const hadFocus = this.#container.contains(document.activeElement);
    if (another) this.#clearFields();
    this.#render();
    // A button that is disabled while its request is under way would lose the focus.
    if (hadFocus && document.activeElement.matches(':disabled')) this.#focusTitle();
    if (this.#state.problem !== null && before.problem === null) {
      // The button that led to it may be far below.
      this.#find('#person-problem').scrollIntoView({ block: 'nearest' });
    }
    // On a phone that lies on its side, people are below all that adds one. Only now is there so
    // much to show that it can be scrolled to.
    if (before.person === null && this.#state.person !== null) {
      this.#container.scrollIntoView({ block: 'start' });
    }
    // Opened for the sake of something: it is not to be searched for.
    if (event.type === 'open' || event.mergeInto) this.#showMerge();
    if (!another) return;
    this.#emit('shown', { identityId, before: before.identityId, hadFocus });
    if (identityId !== null) this.#focusTitle();
  }

  /**
   * @param {{keepsCrops: boolean, mayChange: boolean, nameLength: number}} limits by the server's
   *   hello; mayChange: whether more is allowed than to look
   */
  setLimits({ keepsCrops, mayChange, nameLength }) {
    this.#keepsCrops = keepsCrops;
    this.#mayChange = mayChange;
    this.#fields.displayName.maxLength = nameLength;
    this.#find('#person-move-to').maxLength = nameLength;
  }

  /** Who is known has changed: whom to merge with, and whom to move examples to. */
  galleryChanged() {
    if (this.#state.identityId !== null) this.#render();
  }

  #listen() {
    const on = (selector, type, handle) => {
      this.#find(selector).addEventListener(type, (event) => {
        if (type === 'submit') event.preventDefault(); // or the page would be loaded anew
        handle(event);
      });
    };
    on('#person-back', 'click', () => this.#emit('back'));
    on('#person-delete', 'click', () => this.#emit('delete'));
    on('#person-form', 'submit', () => this.#submit());
    on('#person-form', 'input', () => this.#renderForm());
    on('#person-merge-form', 'submit', () => {
      this.#emit('merge', { into: this.#find('#person-merge-into').value });
    });
    on('#person-merge-into', 'change', () => this.#renderMergeNote());
    on('#person-examples-delete', 'click', () => {
      this.#focusTitle(); // the button goes with what is chosen
      this.#emit('delete-examples', { templateIds: this.#state.selected });
    });
    on('#person-move-form', 'submit', () => {
      if (this.#find('#person-move').disabled) return;
      const displayName = this.#moveTo();
      this.#find('#person-move-to').value = '';
      this.#focusTitle();
      this.#emit('move-examples', { templateIds: this.#state.selected, displayName });
    });
    on('#person-move-to', 'input', () => this.#renderSelection());
    for (const grid of [this.#examples, this.#rejections]) {
      grid.addEventListener('toggle', ({ detail: { templateId } }) => {
        this.dispatch({ type: 'toggle', templateId });
      });
    }
    this.#container.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented) this.#emit('back');
    });
  }

  #submit() {
    const edits = editsOf(this.#state.person, this.#form());
    if (Object.keys(edits).length > 0) this.#emit('edit', { edits });
  }

  #form() {
    return {
      displayName: this.#fields.displayName.value.normalize('NFC').trim(),
      note: this.#fields.note.value.trim(),
      lastDay: this.#fields.lastDay.value,
    };
  }

  #clearFields() {
    this.#filled = { displayName: '', note: '', lastDay: '' };
    for (const field of Object.values(this.#fields)) field.value = '';
    this.#find('#person-move-to').value = '';
    this.#find('#person-merge-section').open = false;
  }

  #render() {
    const { identityId, person, busy, problem } = this.#state;
    this.#container.hidden = identityId === null;
    this.#container.dataset.identityId = identityId ?? '';
    this.#container.dataset.busy = String(busy);
    this.#container.setAttribute('aria-busy', String(busy || (person === null && !problem)));
    if (identityId === null) return;
    const known = person ?? findById(this.#gallery(), identityId);
    this.#find('#person-title').textContent = known?.display_name ?? '';
    this.#find('#person-about').textContent = person ? personAboutText(person) : '';
    const problemLine = this.#find('#person-problem');
    problemLine.hidden = problem === null;
    problemLine.textContent = problem ?? '';
    this.#find('#person-told').hidden = person === null;
    if (person === null) return;
    this.#renderExamples();
    this.#renderSelection();
    this.#fill(person);
    this.#renderForm();
    this.#renderMerge();
    this.#find('#person-delete').textContent = deleteText(person);
    this.#find('#person-delete').disabled = busy;
  }

  #renderExamples() {
    const { selected } = this.#state;
    const rejections = examplesOf(this.#state, 'rejection');
    const options = { choosable: this.#mayChange };
    this.#examples.show(examplesOf(this.#state, 'example'), selected, options);
    this.#rejections.show(rejections, selected, options);
    this.#find('#person-rejected').hidden = rejections.length === 0;
    this.#find('#person-no-crops').hidden = this.#keepsCrops;
  }

  #renderSelection() {
    const { selected, busy } = this.#state;
    const movable = canMove(this.#state);
    this.#find('#person-selection').hidden = selected.length === 0;
    this.#find('#person-hint').hidden = selected.length > 0;
    this.#find('#person-chosen').textContent = chosenText(selected.length);
    this.#find('#person-examples-delete').textContent = deleteChosenText(selected.length);
    this.#find('#person-examples-delete').disabled = busy;
    this.#find('#person-move-form').hidden = !movable;
    const name = this.#moveTo();
    const known = findByName(this.#gallery(), name);
    const itself = known?.identity_id === this.#state.identityId;
    this.#find('#person-move').disabled = busy || name === '' || itself;
    this.#find('#person-move-note').textContent =
      name === '' || itself ? '' : moveNoteText(known, name);
    const others = this.#others();
    syncList(this.#find('#people-names'), others, {
      key: (other) => other.identity_id,
      make: () => document.createElement('option'),
      fill: (option, other) => {
        option.value = other.display_name;
      },
    });
  }

  /** What is stored goes into the fields; what somebody is typing stays. */
  #fill(person) {
    const stored = {
      displayName: person.display_name,
      note: person.note ?? '',
      lastDay: lastDay(person.expires_at_ms),
    };
    for (const [name, field] of Object.entries(this.#fields)) {
      if (field.value === this.#filled[name]) field.value = stored[name];
    }
    this.#filled = stored;
  }

  #renderForm() {
    const { person, busy, problem } = this.#state;
    if (person === null) return;
    const form = this.#form();
    const changed = Object.keys(editsOf(person, form)).length > 0;
    this.#find('#person-save').disabled = busy || !changed || form.displayName === '';
    this.#fields.displayName.setAttribute('aria-invalid', String(problem !== null && changed));
  }

  #renderMerge() {
    const { mergeInto } = this.#state;
    const select = this.#find('#person-merge-into');
    const others = this.#others();
    this.#find('#person-merge-section').hidden = others.length === 0;
    const chosen = select.value;
    syncList(select, [null, ...others], {
      key: (other) => other?.identity_id ?? '',
      make: () => document.createElement('option'),
      fill: (option, other) => {
        option.value = other?.identity_id ?? '';
        option.textContent = other?.display_name ?? MERGE_CHOOSE;
      },
    });
    const wanted = chosen || mergeInto || '';
    select.value = others.some((other) => other.identity_id === wanted) ? wanted : '';
    this.#renderMergeNote();
  }

  #renderMergeNote() {
    const { person, busy } = this.#state;
    const into = findById(this.#gallery(), this.#find('#person-merge-into').value);
    this.#find('#person-merge-note').textContent = into ? mergeQuestion(person, into) : '';
    this.#find('#person-merge').textContent = mergeLabel(into);
    this.#find('#person-merge').disabled = busy || !into;
  }

  #showMerge() {
    const { mergeInto } = this.#state;
    if (mergeInto === null) return;
    this.#find('#person-merge-section').open = true;
    this.#find('#person-merge-into').value = mergeInto;
    if (this.#state.person) this.#renderMergeNote();
  }

  #others() {
    const { identityId } = this.#state;
    return this.#gallery().identities.filter((identity) => identity.identity_id !== identityId);
  }

  #moveTo() {
    return this.#find('#person-move-to').value.normalize('NFC').trim();
  }

  #focusTitle() {
    this.#find('#person-title').focus();
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
