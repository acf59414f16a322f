/**
 * What a browser says of itself -> whose steps help it. Pure.
 *
 * What it says may be wrong (a person may ask for the desktop's pages); then the right steps are
 * one tap away, under the others.
 */

/** @typedef {'ios' | 'android' | 'windows' | 'macos' | 'linux' | 'firefox'} Platform */

/**
 * @param {object} browser such as `navigator`
 * @param {string} browser.userAgent
 * @param {number} [browser.maxTouchPoints]
 * @returns {Platform | null} null: nothing that we know
 */
export function platformOf({ userAgent, maxTouchPoints = 0 }) {
  const system = systemOf(userAgent, maxTouchPoints);
  // On phones it uses what the system trusts; elsewhere it has certificates of its own.
  const hasOwnStore = /\bFirefox\//.test(userAgent) && system !== 'android' && system !== 'ios';
  return hasOwnStore ? 'firefox' : system;
}

/** @returns {Exclude<Platform, 'firefox'> | null} */
function systemOf(userAgent, maxTouchPoints) {
  if (/\b(iPhone|iPad|iPod)\b/.test(userAgent)) return 'ios';
  // An iPad asks for the desktop's pages by default. No Mac has a touch screen.
  if (/\bMacintosh\b/.test(userAgent)) return maxTouchPoints > 1 ? 'ios' : 'macos';
  // Before Linux, which Android names as well.
  if (/\bAndroid\b/.test(userAgent)) return 'android';
  if (/\bWindows\b/.test(userAgent)) return 'windows';
  // Chromebooks have the certificate manager that Chrome has on Linux.
  if (/\b(Linux|CrOS|FreeBSD|OpenBSD)\b/.test(userAgent)) return 'linux';
  return null;
}
