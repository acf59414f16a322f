/** The addresses of docs/rest.md as functions. Knows no page; answers are those of the server. */

/** @typedef {import('./gallery.js').Identity} Identity */
/** @typedef {{undo_id: string, seconds: number}} Undo a deletion can be taken back for so long */
/** @typedef {{revision: number, identity: Identity | null, undo: Undo | null}} Change */
/** @typedef {number | string} TemplateId as the server gave it; sent back as it is */

/**
 * @typedef {object} Example
 * @property {TemplateId} template_id
 * @property {'example' | 'rejection'} kind
 * @property {number} created_at_ms
 * @property {'camera' | 'photo'} source
 * @property {number} sharpness
 * @property {boolean} has_crop
 * @property {boolean} searched whether the model in use has embedded it
 */
/**
 * @typedef {Identity & {note: string | null, created_at_ms: number,
 *   expires_at_ms: number | null, examples: Example[]}} Person
 */
/**
 * What an import did, or would do.
 * @typedef {object} ImportPlan
 * @property {string[]} people_new
 * @property {{display_name: string, added: number}[]} people_changed
 * @property {string[]} people_removed
 * @property {number} examples_new
 * @property {number} examples_known
 */
/** @typedef {'merge' | 'replace'} ImportMode */
/**
 * @typedef {{running: boolean, done: number, total: number, without_crop: number}} Reembedded
 */

const ROOT = '/api/gallery';

/** A download: the browser writes it to disk as it comes, however big it is. */
export const EXPORT_URL = `${ROOT}/export`;

/**
 * @param {string} identityId
 * @param {number | string} version changes when the picture may have changed
 * @returns {string}
 */
export function portraitUrl(identityId, version) {
  return `${identityUrl(identityId)}/portrait.jpg?v=${encodeURIComponent(version)}`;
}

/** @param {TemplateId} templateId @returns {string} */
export function exampleUrl(templateId) {
  return `${ROOT}/examples/${encodeURIComponent(templateId)}.jpg`;
}

export class GalleryApi {
  #rest;

  /** @param {import('../connection/rest.js').Rest} rest */
  constructor(rest) {
    this.#rest = rest;
  }

  /** @param {string} identityId @returns {Promise<Person>} */
  person(identityId) {
    return this.#rest.get(identityUrl(identityId));
  }

  /**
   * @param {string} identityId
   * @param {{display_name?: string, note?: string | null, expires_at_ms?: number | null}} changes
   * @returns {Promise<Change>}
   */
  edit(identityId, changes) {
    return this.#rest.send('PATCH', identityUrl(identityId), changes);
  }

  /** @param {string} identityId @returns {Promise<Change>} */
  deletePerson(identityId) {
    return this.#rest.send('DELETE', identityUrl(identityId));
  }

  /** @param {string} identityId @param {string} into @returns {Promise<Change>} */
  merge(identityId, into) {
    return this.#rest.send('POST', `${identityUrl(identityId)}/merge`, { into });
  }

  /** @param {readonly TemplateId[]} templateIds @returns {Promise<Change>} */
  deleteExamples(templateIds) {
    return this.#rest.send('POST', `${ROOT}/examples/delete`, { template_ids: templateIds });
  }

  /**
   * @param {readonly TemplateId[]} templateIds
   * @param {{into: string} | {display_name: string}} target somebody known, or a new name
   * @returns {Promise<Change>}
   */
  moveExamples(templateIds, target) {
    return this.#rest.send('POST', `${ROOT}/examples/move`, {
      template_ids: templateIds,
      ...target,
    });
  }

  /** Delete everybody. @returns {Promise<Change>} */
  clear() {
    return this.#rest.send('POST', `${ROOT}/clear`, { confirm: 'clear' });
  }

  /** @param {string} undoId @returns {Promise<Change>} */
  undo(undoId) {
    return this.#rest.send('POST', `${ROOT}/undo`, { undo_id: undoId });
  }

  /**
   * @param {string} displayName
   * @param {readonly {blob: Blob, fileName: string}[]} photos
   * @returns {Promise<{identity: Identity | null,
   *   photos: {file: string, verdict: string, message: string | null}[]}>}
   */
  addPhotos(displayName, photos) {
    const form = new FormData();
    for (const { blob, fileName } of photos) form.append('photo', blob, fileName);
    return this.#rest.upload(`${ROOT}/photos?name=${encodeURIComponent(displayName)}`, form);
  }

  /**
   * @param {Blob} file
   * @param {ImportMode} mode
   * @param {{preview: boolean}} options preview: only say what would be
   * @returns {Promise<ImportPlan>}
   */
  restore(file, mode, { preview }) {
    return this.#rest.upload(`${ROOT}/import?mode=${mode}&preview=${preview}`, file);
  }

  /** @returns {Promise<import('./health.js').Health>} */
  health() {
    return this.#rest.get(`${ROOT}/health`);
  }

  /** @returns {Promise<Reembedded>} */
  reembedding() {
    return this.#rest.get(`${ROOT}/reembedding`);
  }

  /** Begin, or go on. @returns {Promise<Reembedded>} */
  reembed() {
    return this.#rest.send('POST', `${ROOT}/reembedding`);
  }
}

function identityUrl(identityId) {
  return `${ROOT}/identities/${encodeURIComponent(identityId)}`;
}
