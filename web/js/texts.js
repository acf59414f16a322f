/** Every sentence that the page makes up as it runs, in one place. Pure. */

const UNKNOWN = 'unknown';

/** Why a frame gave an example, or gave none. Keys are the verdicts of docs/protocol.md. */
export const VERDICTS = Object.freeze({
  started: 'Look at the camera.',
  // The same words for both: at 15 frames a second they alternate faster than anyone reads.
  accepted: 'Good. Turn your head a little, slowly.',
  wait: 'Good. Turn your head a little, slowly.',
  complete: 'All examples are taken.',
  no_face: 'No face in view.',
  several_faces: 'More than one face in view. Only one person, please.',
  too_small: 'The face is too small. Come closer.',
  cut_off: 'The face is cut off. Move to the middle.',
  blurred: 'The picture is blurred. Hold still, with more light.',
  different_person: 'This looks like somebody else than in the examples before.',
});

/** Verdicts that stop nothing; all others are reasons to show as such. */
export const GOOD_VERDICTS = Object.freeze(new Set(['started', 'accepted', 'wait', 'complete']));

/** Error codes of docs/protocol.md. What is not here is told in the server's own sentence. */
export const ERRORS = Object.freeze({
  message_too_big: 'The camera picture is too big for the server.',
  picture_too_large: 'The camera picture is too big for the server.',
  bad_picture: 'The server could not read a camera picture.',
  bad_name: 'This name cannot be used. Type a name of up to 100 characters.',
  no_enrolment: 'The server has forgotten the examples. Please capture them again.',
  no_examples: 'No example is left. Please capture them again.',
  no_such_identity: 'This person is not known any more.',
  fingerprint_mismatch:
    'The people here were added with another model. They must be re-embedded on the server first.',
  overloaded: 'The server is too busy. Please try again.',
  worker_failed: 'The server could not compute a picture. Please try again.',
  store_failed: 'The server could not save this. Nothing was changed.',
  shutting_down: 'The server is being stopped. This page connects again when it is back.',
  // Made in the page itself:
  connection_lost: 'The connection was lost. Please try again.',
  no_answer: 'The server did not answer. Please try again.',
  page_fault: 'Something went wrong in this page. Reload it if it does not go on.',
});

/**
 * @param {{code?: string, message?: string}} error
 * @returns {string} one sentence for people
 */
export function errorText(error) {
  return ERRORS[error?.code] ?? (error?.code && error.message ? error.message : ERRORS.page_fault);
}

/**
 * @typedef {{title: string, text: string, action: string | null}} Notice
 */

/** What to do when there is no picture. @type {Readonly<Record<string, Notice>>} */
export const CAMERA_NOTICES = Object.freeze({
  denied: {
    title: 'The camera is not allowed',
    text: 'Allow the camera for this page in the address bar or in the browser’s settings, then try again.',
    action: 'Try again',
  },
  missing: {
    title: 'No camera found',
    text: 'Connect a camera to this device, then try again.',
    action: 'Try again',
  },
  busy: {
    title: 'The camera is in use',
    text: 'Another program or page holds the camera. Close it, then try again.',
    action: 'Try again',
  },
  insecure: {
    title: 'This address is not secure',
    text: 'Browsers give the camera to pages at https:// addresses only. Open the https:// address that the server printed.',
    action: null,
  },
  ended: {
    title: 'The camera has stopped',
    text: 'It was disconnected, or taken by something else.',
    action: 'Start the camera',
  },
  gesture: {
    title: 'Ready when you are',
    text: 'This browser starts the camera only after a tap.',
    action: 'Start the camera',
  },
  failed: {
    title: 'The camera does not start',
    text: 'Something unexpected happened. Try again, or reload the page.',
    action: 'Try again',
  },
});

/** When there can be no connection. @type {Readonly<Record<string, Notice>>} */
export const CONNECTION_NOTICES = Object.freeze({
  denied: {
    title: 'No access',
    text: 'Open the link that the server printed when it started. It ends with a token: ?token=…',
    action: 'Try again',
  },
  version: {
    title: 'This page is out of date',
    text: 'The server was updated. Reload the page to go on.',
    action: 'Reload',
  },
  fault: {
    title: 'The connection was closed',
    text: 'Reload the page to connect again.',
    action: 'Reload',
  },
  elsewhere: {
    title: 'Continued elsewhere',
    text: 'Another connection took over this session. Reload the page to begin one of its own.',
    action: 'Reload',
  },
  idle: {
    title: 'The connection rests',
    text: 'No picture was sent for some minutes.',
    action: 'Connect',
  },
});

/**
 * @param {{state: string, retryInS?: number | null}} connection
 * @returns {string}
 */
export function connectionText({ state, retryInS = null }) {
  switch (state) {
    case 'live':
      return 'Live';
    case 'reconnecting':
      return retryInS ? `Server away · ${retryInS} s` : 'Reconnecting…';
    case 'denied':
      return 'No access';
    case 'closed':
      return 'Closed';
    default:
      return 'Connecting…';
  }
}

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

/** The stages of stage-stats.js. @type {Readonly<Record<string, {name: string, meaning: string}>>} */
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

/** @param {number | null} share of 1 @returns {string} */
export function shareText(share) {
  return share === null ? '–' : `${Math.round(share * 100)} %`;
}

/** @param {number | null} n @returns {string} */
export function framesText(n) {
  if (n === null) return '–';
  return n === 1 ? '1 frame' : `${n} frames`;
}

/**
 * How the server wants frames.
 * @param {import('./protocol.js').Flow | null} flow
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

/** @param {number} n @returns {string} */
export function examplesText(n) {
  return n === 1 ? '1 example' : `${n} examples`;
}

/**
 * What gives a capture up is called.
 * @param {boolean} review whether all examples have been taken
 */
export function discardLabel(review) {
  return review ? 'Discard' : 'Cancel';
}

/** @param {number} wanted @returns {string} */
export function captureHint(wanted) {
  return `One person in view, please: ${examplesText(wanted)} are taken in a few seconds.`;
}

/** @param {{accepted: number, wanted: number}} progress @returns {string} */
export function progressText({ accepted, wanted }) {
  return `${accepted} of ${wanted}`;
}

/** @param {number} n @returns {string} */
export function reviewText(n) {
  if (n === 0) return 'No example is left. Discard, and capture them again.';
  return `${examplesText(n)}. Remove those that are not good.`;
}

/** @param {number} position counted from 1 @returns {string} */
export function exampleAlt(position) {
  return `Example ${position}`;
}

/** @param {number} position counted from 1 @returns {string} */
export function removeExampleText(position) {
  return `Remove example ${position}`;
}

/** @param {{display_name: string, templates: number}} identity @returns {string} */
export function savedText({ display_name, templates }) {
  return `${display_name} is known now, with ${examplesText(templates)}.`;
}

/** @param {{display_name: string, templates: number}} identity @returns {string} */
export function knownNameText({ display_name, templates }) {
  return `${display_name} is known already (${examplesText(templates)}). These will be added.`;
}

/** @param {{display_name: string}} identity @returns {string} */
export function deleteText({ display_name }) {
  return `Delete ${display_name}`;
}

/** @param {{display_name: string, templates: number}} identity @returns {string} */
export function deleteQuestion({ display_name, templates }) {
  return `Delete ${display_name} and ${examplesText(templates)} for good?`;
}

/** @param {{display_name: string}} identity @returns {string} */
export function deletedText({ display_name }) {
  return `${display_name} was deleted.`;
}

export const CONNECTION_LOST_IN_CAPTURE =
  'The connection was lost, and the examples with it. Please capture them again.';

export const CONNECTION_AWAY_IN_CAPTURE =
  'No connection. The capture goes on when it is back.';
