/**
 * One person in detail between panel and server: fetched when it opens and whenever the gallery
 * changes, here or elsewhere; changed on request. Holds no state but which answer is awaited.
 */
import { findById, findByName } from '../gallery/gallery.js';
import { errorText } from '../texts/errors.js';
import {
  PERSON_SAVED,
  deletedText,
  examplesDeletedText,
  goneText,
  mergedText,
  movedText,
} from '../texts/people.js';

/** @typedef {import('../gallery/gallery-api.js').GalleryApi} GalleryApi */
/** @typedef {import('../gallery/gallery-api.js').TemplateId} TemplateId */

export class PersonDesk {
  #api;
  #panel;
  #gallery;
  #undo;
  #say;
  #asked = 0;

  /**
   * @param {object} options
   * @param {GalleryApi} options.api
   * @param {Pick<import('./person-detail.js').PersonDetail, 'state' | 'dispatch'>} options.panel
   * @param {() => import('../gallery/gallery.js').Gallery} options.gallery as it is known now
   * @param {Pick<import('../gallery/undo.js').UndoOffers, 'tell'>} options.undo
   * @param {(text: string) => void} options.say
   */
  constructor({ api, panel, gallery, undo, say }) {
    this.#api = api;
    this.#panel = panel;
    this.#gallery = gallery;
    this.#undo = undo;
    this.#say = say;
  }

  /**
   * @param {string} identityId
   * @param {{templateId?: TemplateId | null, mergeInto?: string | null}} [what] is meant of them:
   *   an example, or who may be the same person
   */
  async open(identityId, { templateId, mergeInto } = {}) {
    this.#panel.dispatch({ type: 'open', identityId, templateId, mergeInto });
    await this.#fetch();
  }

  close() {
    this.#panel.dispatch({ type: 'close' });
  }

  /** Somebody changed something; perhaps it was this page. */
  galleryChanged() {
    const { identityId, person, busy } = this.#panel.state;
    if (identityId === null) return;
    if (findById(this.#gallery(), identityId)) {
      this.#fetch();
      return;
    }
    this.close();
    if (person !== null && !busy) this.#say(goneText(person));
  }

  /** @param {{display_name?: string, note?: string | null, expires_at_ms?: number | null}} edits */
  async edit(edits) {
    const { identityId } = this.#panel.state;
    await this.#change(
      () => this.#api.edit(identityId, edits),
      () => this.#say(PERSON_SAVED),
      // Somebody else has the name: the two may be one, and can be merged.
      (error) =>
        error.code === 'name_taken'
          ? findByName(this.#gallery(), edits.display_name)?.identity_id
          : undefined,
    );
  }

  /** @param {string} into whom they become a part of */
  async merge(into) {
    const { identityId, person } = this.#panel.state;
    const other = findById(this.#gallery(), into);
    await this.#change(
      () => this.#api.merge(identityId, into),
      ({ undo }) => {
        this.#tell(mergedText(person, other), undo);
        // The socket may have said already that they are gone.
        if ([identityId, null].includes(this.#panel.state.identityId)) this.open(into);
      },
    );
  }

  async deletePerson() {
    const { identityId, person } = this.#panel.state;
    await this.#change(
      () => this.#api.deletePerson(identityId),
      ({ undo }) => {
        this.#tell(deletedText(person), undo);
        if (this.#panel.state.identityId === identityId) this.close();
      },
    );
  }

  /** @param {readonly TemplateId[]} templateIds */
  async deleteExamples(templateIds) {
    await this.#change(
      () => this.#api.deleteExamples(templateIds),
      ({ undo }) => this.#tell(examplesDeletedText(templateIds.length), undo),
    );
  }

  /**
   * @param {readonly TemplateId[]} templateIds
   * @param {string} displayName of somebody known, or of a new person
   */
  async moveExamples(templateIds, displayName) {
    const known = findByName(this.#gallery(), displayName);
    const target = known ? { into: known.identity_id } : { display_name: displayName };
    await this.#change(
      () => this.#api.moveExamples(templateIds, target),
      ({ undo }) => this.#tell(movedText(templateIds.length, displayName), undo),
    );
  }

  /** Meanwhile somebody else may have been opened, whom neither success nor failure concerns. */
  async #change(ask, done, mergeInto = (error) => undefined) {
    const { identityId } = this.#panel.state;
    const isOpen = () => this.#panel.state.identityId === identityId;
    this.#panel.dispatch({ type: 'change' });
    try {
      const change = await ask();
      if (isOpen()) this.#panel.dispatch({ type: 'changed' });
      done(change);
      // The event on the socket came first, as a rule; without a socket this is all there is.
      if (isOpen()) await this.#fetch();
    } catch (error) {
      const problem = errorText(error);
      if (isOpen()) this.#panel.dispatch({ type: 'failed', problem, mergeInto: mergeInto(error) });
      else this.#say(problem);
    }
  }

  async #fetch() {
    const { identityId } = this.#panel.state;
    this.#asked += 1;
    const asked = this.#asked;
    let event;
    try {
      event = { type: 'loaded', person: await this.#api.person(identityId) };
    } catch (error) {
      // They may be gone before the socket says so: with their last example, for one.
      const gone = error.code === 'no_such_identity';
      event = gone ? { type: 'close' } : { type: 'failed', problem: errorText(error) };
    }
    // An older answer may come in after a newer one.
    if (asked === this.#asked) this.#panel.dispatch(event);
  }

  #tell(text, undo) {
    this.#undo.tell(text, undo, (undoId) => this.#api.undo(undoId));
  }
}
