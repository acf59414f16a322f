/** How fast it is, and where the time goes. Pure. */

/**
 * @param {number | null} framesPerSecond
 * @returns {string}
 */
export function frameRateText(framesPerSecond) {
  return framesPerSecond === null ? '– fps' : `${Math.round(framesPerSecond)} fps`;
}

/**
 * @param {number | null} latencyMs
 * @returns {string}
 */
export function latencyText(latencyMs) {
  return latencyMs === null ? '– ms' : `${Math.round(latencyMs)} ms`;
}

/**
 * The stages of figures/stage-stats.js.
 * @type {Readonly<Record<string, {name: string, meaning: string}>>}
 */
export const STAGE_NAMES = Object.freeze({
  upload: { name: 'Upload', meaning: 'From the camera to the server' },
  queued: { name: 'Queue', meaning: 'Until its turn came' },
  decode: { name: 'Decode', meaning: 'From JPEG to pixels' },
  wait: { name: 'Wait', meaning: 'Until the worker was free' },
  detect: { name: 'Detect', meaning: 'Where faces are' },
  embed: { name: 'Embed', meaning: 'What each face is like' },
  search: { name: 'Search', meaning: 'Whom it resembles' },
  answer: { name: 'Answer', meaning: 'Until the answer was sent' },
  back: { name: 'Back', meaning: 'From the server to this page' },
});

/** @param {number | null} ms @returns {string} one digit after the point where it matters */
export function millisecondsText(ms) {
  if (ms === null) return '– ms';
  return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** @param {number | null} n @returns {string} */
export function framesText(n) {
  if (n === null) return '–';
  return n === 1 ? '1 frame' : `${n} frames`;
}

/**
 * How the server wants frames.
 * @param {import('../connection/protocol.js').Flow | null} flow
 * @returns {{rate: string, picture: string}}
 */
export function askedTexts(flow) {
  if (flow === null) return { rate: '–', picture: '–' };
  const rate = Number(flow.rate.toFixed(1)); // 12.5, but 15 rather than 15.0
  return {
    rate: `${rate} fps, ${flow.window} in flight`,
    picture: `${flow.width} px, quality ${flow.quality}`,
  };
}
