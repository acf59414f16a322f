/**
 * Why a face has its name, or none: in words, in figures and in pictures. Owns its container and
 * the state, which face-state.js decides.
 *
 * Emits `reject` (detail: {identityId, displayName}), `person` (detail: {identityId}), `close`, and
 * `shown` (detail: {track: number | null}) when it opens, changes to another face or closes.
 */
import { ObjectUrls } from '../basics/object-urls.js';
import { syncList } from '../basics/sync-children.js';
import {
  FACE_ASKING,
  faceTitle,
  leadText,
  nearestAlt,
  notThisPersonText,
  runnerUpText,
  similarityText,
  votesText,
  whyText,
} from '../texts/faces.js';
import { openPersonText } from '../texts/people.js';
import { NO_FACE, reduceFace, rejectable } from './face-state.js';

/** @typedef {import('./face-state.js').FaceState} FaceState */
/** @typedef {import('./face-state.js').FaceEvent} FaceEvent */

export class FacePanel extends EventTarget {
  #container;
  #title;
  #why;
  #told;
  #examples;
  #reject;
  #person;
  #template;
  #urls = new ObjectUrls();
  /** @type {FaceState} */
  #state = NO_FACE;

  /**
   * @param {HTMLElement} container
   * @param {HTMLTemplateElement} example of one of the nearest examples
   */
  constructor(container, example) {
    super();
    const find = (selector) => container.querySelector(selector);
    this.#container = container;
    this.#template = example;
    this.#title = find('#face-title');
    this.#why = find('#face-why');
    this.#told = find('#face-told');
    this.#examples = find('#face-examples');
    this.#reject = find('#face-reject');
    this.#person = find('#face-person');
    find('#face-close').addEventListener('click', () => this.#emit('close'));
    this.#reject.addEventListener('click', () => {
      this.#title.focus(); // the button may go with the answer
      this.#emit('reject', rejectable(this.#state.explained));
    });
    this.#person.addEventListener('click', () => {
      const { identityId } = this.#person.dataset;
      this.#emit('person', { identityId });
    });
    container.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#emit('close');
    });
  }

  /** @returns {FaceState} */
  get state() {
    return this.#state;
  }

  /** @param {FaceEvent} event */
  dispatch(event) {
    const before = this.#state;
    this.#state = reduceFace(before, event);
    if (this.#state === before) return;
    this.#render();
    if (this.#state.track === before.track) return;
    this.#emit('shown', { track: this.#state.track });
    if (this.#state.track !== null) this.#title.focus();
  }

  #render() {
    const { phase, explained, rejecting } = this.#state;
    this.#container.hidden = phase === 'closed';
    this.#container.dataset.phase = phase;
    this.#container.dataset.track = this.#state.track ?? '';
    this.#told.hidden = explained === null;
    if (explained === null) {
      this.#title.textContent = '';
      this.#why.textContent = FACE_ASKING;
      this.#urls.keepOnly([]);
      return;
    }
    this.#container.dataset.reason = explained.reason ?? '';
    this.#title.textContent = faceTitle(explained);
    this.#why.textContent = whyText(explained);
    this.#renderFigures(explained);
    this.#renderExamples(explained.examples);
    this.#renderButtons(explained, rejecting);
  }

  #renderFigures({ similarity, threshold, lead_needed, candidates }) {
    const [best, second] = candidates;
    const scale = this.#container.querySelector('.scale');
    scale.style.setProperty('--value', String(Math.max(0, similarity)));
    scale.style.setProperty('--needed', String(Math.max(0, threshold)));
    scale.dataset.enough = String(similarity >= threshold);
    this.#fact('similarity', best ? similarityText(similarity) : null);
    this.#fact('threshold', best ? similarityText(threshold) : null);
    this.#fact('votes', best ? votesText(best) : null);
    this.#fact('runner-up', second ? runnerUpText(second) : null);
    this.#fact('lead', second ? leadText(best, second, lead_needed) : null);
  }

  #fact(name, text) {
    const fact = this.#container.querySelector(`[data-fact="${name}"]`);
    fact.textContent = text ?? '';
    fact.parentElement.hidden = text === null;
  }

  #renderExamples(examples) {
    const keyOf = ({ template_id }) => String(template_id);
    this.#urls.keepOnly(examples.map(keyOf));
    this.#examples.hidden = examples.length === 0;
    syncList(this.#examples, examples, {
      key: keyOf,
      make: () => this.#template.content.firstElementChild.cloneNode(true),
      fill: (item, example) => {
        const image = item.querySelector('img');
        item.dataset.templateId = example.template_id;
        item.dataset.identityId = example.identity_id;
        image.hidden = example.crop_jpeg === null;
        if (example.crop_jpeg) image.src = this.#urls.of(keyOf(example), example.crop_jpeg);
        image.alt = nearestAlt(example);
        item.querySelector('.nearest-name').textContent = example.display_name;
        item.querySelector('.nearest-similarity').textContent = similarityText(example.similarity);
      },
    });
  }

  #renderButtons(explained, rejecting) {
    const who = rejectable(explained);
    this.#reject.hidden = who === null;
    this.#reject.disabled = rejecting;
    this.#reject.textContent = who ? notThisPersonText(who.displayName) : '';
    const person = explained.candidates[0];
    this.#person.hidden = !person;
    this.#person.textContent = person ? openPersonText(person.display_name) : '';
    this.#person.dataset.identityId = person?.identity_id ?? '';
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
