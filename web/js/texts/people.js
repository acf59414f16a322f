/** People, and their examples. Pure. */
import { days, exampleAlt, examplesText } from './words.js';

export const PERSON_SAVED = 'Saved.';
export const MERGE_CHOOSE = 'Choose somebody';

/** @param {string} name @returns {string} */
export function openPersonText(name) {
  return `Show ${name}`;
}

/** @param {import('../gallery/gallery-api.js').Person} person @returns {string} */
export function personAboutText({ templates, created_at_ms, expires_at_ms }) {
  const about = `${examplesText(templates)}, known since ${days.format(created_at_ms)}`;
  return expires_at_ms === null
    ? about
    : `${about}, kept until ${days.format(expires_at_ms - 1)}`;
}

const SOURCE_NAMES = Object.freeze({ camera: 'camera', photo: 'photo' });

/**
 * @param {import('../gallery/gallery-api.js').Example} example
 * @param {number} position counted from 1
 * @returns {string}
 */
export function storedExampleText({ source, created_at_ms, has_crop, searched }, position) {
  const parts = [exampleAlt(position), SOURCE_NAMES[source] ?? source, days.format(created_at_ms)];
  if (!has_crop) parts.push('no picture is kept');
  if (!searched) parts.push('not searched: another model made it');
  return parts.join(', ');
}

/** @param {number} n @returns {string} */
export function chosenText(n) {
  return `${examplesText(n)} chosen`;
}

/** @param {number} n @returns {string} */
export function deleteChosenText(n) {
  return `Delete ${examplesText(n)}`;
}

/** @param {number} n @returns {string} */
export function examplesDeletedText(n) {
  return n === 1 ? '1 example was deleted.' : `${n} examples were deleted.`;
}

/**
 * @param {{display_name: string} | undefined} known who has that name
 * @param {string} name as it was typed
 * @returns {string}
 */
export function moveNoteText(known, name) {
  return known ? `${known.display_name} is known: they get them.` : `${name} will be a new person.`;
}

/** @param {number} n @param {string} name @returns {string} */
export function movedText(n, name) {
  return n === 1 ? `1 example belongs to ${name} now.` : `${n} examples belong to ${name} now.`;
}

/**
 * @param {{display_name: string, templates: number}} person
 * @param {{display_name: string}} into
 * @returns {string}
 */
export function mergeQuestion({ display_name, templates }, into) {
  return (
    `${examplesText(templates)} of ${display_name} will belong to ${into.display_name}, and ` +
    `${display_name} will be gone.`
  );
}

/** @param {{display_name: string} | undefined} into @returns {string} */
export function mergeLabel(into) {
  return into ? `Merge into ${into.display_name}` : 'Merge';
}

/** @param {{display_name: string}} person @param {{display_name: string}} into @returns {string} */
export function mergedText({ display_name }, into) {
  return `${display_name} is a part of ${into.display_name} now.`;
}

/** @param {{display_name: string}} identity @returns {string} */
export function deleteText({ display_name }) {
  return `Delete ${display_name}`;
}

/** @param {{display_name: string}} identity @returns {string} */
export function deletedText({ display_name }) {
  return `${display_name} was deleted.`;
}

/** @param {{display_name: string}} identity @returns {string} */
export function goneText({ display_name }) {
  return `${display_name} was deleted or merged elsewhere.`;
}
