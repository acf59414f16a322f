/** What is worth a look in the gallery: the server's findings -> one list. Pure. */
import { alikeText, fewText, outlierText, uniformText } from '../texts/gallery.js';

/**
 * @typedef {object} Health as docs/rest.md has it
 * @property {{identity_id: string, display_name: string, template_id: number | string,
 *   similarity: number}[]} outliers
 * @property {{identities: import('./gallery.js').Identity[], similarity: number,
 *   threshold: number}[]} alike
 * @property {{identity_id: string, display_name: string, templates: number}[]} few
 * @property {{identity_id: string, display_name: string, similarity: number}[]} uniform
 */
/**
 * @typedef {object} Finding
 * @property {'outlier' | 'alike' | 'few' | 'uniform'} kind
 * @property {string} identityId whom it leads to
 * @property {number | string | null} templateId the example that is meant
 * @property {string | null} other who may be the same person
 * @property {string} text
 */

/**
 * The findings, those first that cost most: people mixed up, then what may be somebody else's
 * example, then people who are hard to recognise.
 * @param {Health} health
 * @returns {Finding[]}
 */
export function findings({ alike, outliers, few, uniform }) {
  return [
    ...alike.map((one) => ({
      kind: /** @type {const} */ ('alike'),
      identityId: one.identities[0].identity_id,
      templateId: null,
      other: one.identities[1].identity_id,
      text: alikeText(one.identities[0], one.identities[1]),
    })),
    ...outliers.map((one) => finding('outlier', one, outlierText(one), one.template_id)),
    ...few.map((one) => finding('few', one, fewText(one))),
    ...uniform.map((one) => finding('uniform', one, uniformText(one))),
  ];
}

function finding(kind, { identity_id }, text, templateId = null) {
  return { kind, identityId: identity_id, templateId, other: null, text };
}
