/** What the helper page says as it runs; all else is in index.html. Pure. */

/** @typedef {import('./checker.js').Reach} Reach */

/** So much of a name fits a drawing of a phone. */
const LONGEST_NAME = 24;

/** @param {Reach} reach @returns {string} whether https gets through */
export function pageText({ page }) {
  if (page === null) return 'trying…';
  return page ? 'works' : 'not yet';
}

/** @param {Reach} reach @returns {string} whether wss gets through */
export function liveText({ page, live }) {
  if (live === null) return 'trying…';
  if (live) return 'works';
  return page ? 'not yet, facestream will use a slower way' : 'not yet';
}

/**
 * @param {Reach} reach
 * @param {boolean} leaving
 * @returns {string} what to do now
 */
export function adviceText({ page, live, resting }, leaving) {
  if (leaving) return 'This device trusts facestream. Opening it…';
  if (page) return live ? 'This device trusts facestream.' : 'It can be opened already.';
  if (resting) return 'No more tries for now.';
  return page === null ? '' : 'Follow the steps; this page notices when it works.';
}

export const LOST = 'The server does not answer. Is it running, and is this device in its network?';

/** @param {string} name @returns {string} as a narrow screen would show it */
export function shortName(name) {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;
}

/** @param {string} fingerprint `AB:CD:...` @returns {string[]} in groups that people can compare */
export function fingerprintGroups(fingerprint) {
  return fingerprint.split(':').reduce((groups, octet, index) => {
    if (index % 2) groups[groups.length - 1] += octet;
    else groups.push(octet);
    return groups;
  }, /** @type {string[]} */ ([]));
}
