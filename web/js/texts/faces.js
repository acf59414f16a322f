/** Faces in view: what is written at one, and why it has its name or none. Pure. */
import { UNKNOWN, examplesText, shareText } from './words.js';

/**
 * What is written at a face.
 * @param {{name: string | null, confidence: number}} face
 * @returns {{name: string, detail: string}}
 */
export function faceLabel({ name, confidence }) {
  return name === null
    ? { name: UNKNOWN, detail: '' }
    : { name, detail: `${Math.round(confidence * 100)} %` };
}

/** What the list of the faces in view is called. @param {boolean} mayAsk @returns {string} */
export function facesLabel(mayAsk) {
  return mayAsk ? 'Faces in view. Choose one to see why it has its name.' : 'Faces in view.';
}

const NOBODY_KNOWN = 'Nobody is known yet, so nobody can be recognised.';

export const FACE_ASKING = 'Asking the server…';

/** @param {number} similarity @returns {string} */
export function similarityText(similarity) {
  return similarity.toFixed(2);
}

/** @param {import('../faces/face-state.js').Explained} explained @returns {string} */
export function faceTitle({ name }) {
  return name ?? 'Unknown';
}

/**
 * Why it has this name, or none, in words.
 * @param {import('../faces/face-state.js').Explained} explained
 * @returns {string}
 */
export function whyText(explained) {
  const { name, confidence, reason } = explained;
  const [best, second] = explained.candidates;
  const is = similarityText(explained.similarity);
  const needed = similarityText(explained.threshold);
  if (name !== null) {
    return `Looks like ${name}, ${is}, and ${needed} is needed. ${shareText(confidence)} certain.`;
  }
  if (reason === 'gallery_empty' || !best) return NOBODY_KNOWN;
  const looksLike = `Looks most like ${best.display_name}, ${is}`;
  switch (reason) {
    case 'too_far':
      return `${looksLike}, but ${needed} is needed.`;
    case 'ambiguous':
      return second
        ? `${looksLike}, but nearly as much like ${runnerUpText(second)}. ` +
            `A lead of ${similarityText(explained.lead_needed)} is needed.`
        : `${looksLike}, but too few of the nearest examples agree.`;
    case 'poor_face':
      return `${looksLike}, but the face is too small, too turned or too blurred to be sure.`;
    case 'rejected':
      return `${looksLike}, but somebody said that such a face is not ${best.display_name}.`;
    default:
      return `${looksLike}; ${needed} is needed.`;
  }
}

/** @param {{votes: number, templates: number}} candidate @returns {string} */
export function votesText({ votes, templates }) {
  return `${votes} of ${examplesText(templates)}`;
}

/** @param {{display_name: string, similarity: number}} candidate @returns {string} */
export function runnerUpText({ display_name, similarity }) {
  return `${display_name}, ${similarityText(similarity)}`;
}

/**
 * @param {{similarity: number}} best
 * @param {{similarity: number}} second
 * @param {number} needed
 * @returns {string}
 */
export function leadText(best, second, needed) {
  const lead = similarityText(best.similarity - second.similarity);
  return `${lead}, and ${similarityText(needed)} is needed`;
}

/** @param {{display_name: string, similarity: number}} example @returns {string} */
export function nearestAlt({ display_name, similarity }) {
  return `An example of ${display_name}, similarity ${similarityText(similarity)}`;
}

/** @param {string} name @returns {string} */
export function notThisPersonText(name) {
  return `Not ${name}`;
}

/** @param {string} name @returns {string} */
export function rejectedText(name) {
  return `Faces that look like this are not called ${name} any more.`;
}
