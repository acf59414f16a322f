/** Time as a dependency: tests hand in a clock of their own. */

/**
 * @typedef {object} Clock
 * @property {() => number} now milliseconds, never going back
 * @property {(callback: () => void, delayMs: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

/** @type {Clock} */
export const realClock = Object.freeze({
  now: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (timer) => clearTimeout(timer),
});
