/** A photo or a video in the place of the camera. Pure. */
import { errorText } from './errors.js';
import { UNKNOWN } from './words.js';

export const FILE_IN_CAPTURE = 'A capture is under way. Finish or discard it first.';
export const FILE_UNKNOWN = 'Only photos and videos can be shown here.';
export const PHOTO_UNREADABLE = 'This browser cannot read this photo.';
export const VIDEO_UNPLAYABLE = 'This browser cannot play this video.';
export const PICTURE_NOT_MADE = 'This picture is too large to be saved by this browser.';

/** Where it is a file, and no picture of the camera, that the server cannot use. */
const FILE_ERRORS = Object.freeze({
  bad_picture: 'The server could not read this photo.',
  picture_too_large: 'This photo is too large for the server.',
  message_too_big: 'This photo is too large for the server.',
});

/** @param {{code?: string, message?: string}} error @returns {string} */
export function fileErrorText(error) {
  return FILE_ERRORS[error?.code] ?? errorText(error);
}

/** @param {import('../files/file-state.js').FileState} state @returns {string} */
export function fileText({ phase, faces, problem }) {
  switch (phase) {
    case 'closed':
      return '';
    case 'looking':
      return 'Looking for faces…';
    case 'failed':
      return problem;
    case 'playing':
      return 'Recognised as it plays.';
    default:
      return foundText(faces.map((face) => face.name));
  }
}

/** @param {readonly (string | null)[]} names of the faces; null: of somebody unknown */
function foundText(names) {
  if (names.length === 0) return 'No face was found.';
  const known = names.filter((name) => name !== null);
  const strangers = names.length - known.length;
  const who = strangers === 0 ? known : [...known, strangers === 1 ? UNKNOWN : `${strangers} ${UNKNOWN}`];
  return `${names.length === 1 ? '1 face' : `${names.length} faces`}: ${who.join(', ')}.`;
}
