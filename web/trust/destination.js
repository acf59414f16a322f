/** Where the app is, and whether to go there unasked. Pure. */

/** What *Add a phone* puts behind the `#`: it stays in the browser, no server's log has it. */
const CODE = /^#([A-Za-z0-9_-]+)$/;

/** @typedef {{hostname: string, hash: string}} Place such as `location` */

/** @param {Place} place @returns {string | null} the code of an invitation */
export function codeOf({ hash }) {
  return CODE.exec(hash)?.[1] ?? null;
}

/**
 * @param {Place} place
 * @param {number} httpsPort
 * @returns {string} the app, which an invitation lets in
 */
export function appUrl(place, httpsPort) {
  const code = codeOf(place);
  const path = code === null ? '/' : `/join?code=${code}`;
  return `https://${place.hostname}:${httpsPort}${path}`;
}

/**
 * @param {Place} place
 * @param {number} httpsPort
 * @returns {{page: string, live: string}} what answers once this device trusts the server
 */
export function reachUrls({ hostname }, httpsPort) {
  const rest = `${hostname}:${httpsPort}/reach`;
  return { page: `https://${rest}`, live: `wss://${rest}` };
}

/**
 * Who was invited wants to get in; who followed the steps has done them. Somebody whose device
 * trusted the server all along may have come to read.
 *
 * @param {import('./checker.js').Reach} reach
 * @param {Place} place
 * @returns {boolean}
 */
export function goesByItself(reach, place) {
  return reach.page === true && reach.live === true && (reach.waited || codeOf(place) !== null);
}
