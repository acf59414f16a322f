/** Words, counts and days that several subjects have in common. Pure. */

/** Whoever is not known. */
export const UNKNOWN = 'unknown';

/** @param {number} n @returns {string} */
export function examplesText(n) {
  return n === 1 ? '1 example' : `${n} examples`;
}

/** @param {number} position counted from 1 @returns {string} */
export function exampleAlt(position) {
  return `Example ${position}`;
}

/** @param {number | null} share of 1 @returns {string} */
export function shareText(share) {
  return share === null ? '–' : `${Math.round(share * 100)} %`;
}

/** A day as people here write it. */
export const days = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
