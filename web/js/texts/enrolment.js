/** Adding a person, with the camera or with photos. Pure. */
import { examplesText, shareText } from './words.js';

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
  too_dark: 'It is too dark. Turn towards the light.',
  too_bright: 'There is too much light on the face. Turn away from it.',
  blurred: 'The picture is blurred. Hold still, with more light.',
  turned_away: 'Turned too far. Look more towards the camera.',
  too_alike: 'The same as before. Turn your head a little.',
  different_person: 'This looks like somebody else than in the examples before.',
});

/** What would help next. Left and right are the person's own. Keys as in docs/protocol.md. */
export const COACH = Object.freeze({
  look_straight: 'Look straight at the camera.',
  turn_left: 'Turn your head a little to your left.',
  turn_right: 'Turn your head a little to your right.',
  look_up: 'Look up a little.',
  look_down: 'Look down a little.',
});

/** A good face was seen; what it needs is another pose, at most. */
const GOOD_VERDICTS = Object.freeze(new Set(['accepted', 'wait', 'complete']));

/** Neither good nor a reason to worry. */
const NEUTRAL_VERDICTS = Object.freeze(new Set(['started', 'too_alike']));

/**
 * @param {{verdict: string, coach: string | null}} progress
 * @returns {string}
 */
export function verdictText({ verdict, coach }) {
  const coached = GOOD_VERDICTS.has(verdict) && coach ? COACH[coach] : undefined;
  // A verdict of a newer server is better shown as it is than not at all.
  return coached ?? VERDICTS[verdict] ?? verdict;
}

/** @param {{verdict: string}} progress @returns {'good' | 'neutral' | 'bad'} */
export function verdictTone({ verdict }) {
  if (NEUTRAL_VERDICTS.has(verdict)) return 'neutral';
  return GOOD_VERDICTS.has(verdict) ? 'good' : 'bad';
}

/**
 * What is written at a face of which examples are being taken.
 * @param {{accepted: number, wanted: number}} capture
 * @returns {{name: string, detail: string}}
 */
export function capturedLabel(capture) {
  return { name: 'Capturing', detail: progressText(capture) };
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

export const CONNECTION_LOST_IN_CAPTURE =
  'The connection was lost, and the examples with it. Please capture them again.';

export const CONNECTION_AWAY_IN_CAPTURE =
  'No connection. The capture goes on when it is back.';

export const COMMIT_UNSURE =
  'The connection was lost before the server answered. Looking whether the examples were stored…';

export const COMMIT_LOST =
  'The connection was lost, and the examples were not stored. Please capture them again.';

/** @param {string} name @returns {string} */
export function commitUnknownText(name) {
  return (
    'The connection was lost, so it is not known whether the examples were stored. ' +
    `${name} does not have them yet: add them again. Nothing is stored twice.`
  );
}

const POSE_NAMES = Object.freeze({
  front: 'Front',
  left: 'Left',
  right: 'Right',
  up: 'Up',
  down: 'Down',
});

/** @param {string} pose @param {boolean} taken @returns {string} */
export function poseText(pose, taken) {
  return `${POSE_NAMES[pose]}: ${taken ? 'taken' : 'not yet'}`;
}

/** @param {number} kept @param {number} needed @returns {string} */
export function tooFewText(kept, needed) {
  const left = kept === 0 ? 'none is left' : kept === 1 ? '1 is left' : `${kept} are left`;
  return `At least ${examplesText(needed)} ${needed === 1 ? 'is' : 'are'} needed; ${left}.`;
}

/** @param {number} n @returns {string} */
export function takeMoreText(n) {
  return `Take ${n} more`;
}

/** @param {{display_name: string}} identity @param {number} confidence @returns {string} */
export function lookAlikeText({ display_name }, confidence) {
  return `This looks like ${display_name} (${shareText(confidence)}).`;
}

/** @param {{display_name: string}} identity @returns {string} */
export function joinText({ display_name }) {
  return `Add to ${display_name} instead`;
}

// --- with photos ---

export const PHOTOS_NOT_IMAGES = 'Only photos can be added. Other files were left out.';

/** @param {number} n @returns {string} */
function photosCount(n) {
  return n === 1 ? '1 photo' : `${n} photos`;
}

/**
 * @param {import('../enrolment/photo-state.js').PhotoState['phase']} phase
 * @param {number} count of photos
 * @param {number} accepted of those
 * @returns {string}
 */
export function photosText(phase, count, accepted) {
  switch (phase) {
    case 'sending':
      return `${photosCount(count)} on the way to the server…`;
    case 'done':
      return accepted === 0
        ? 'No photo could be used.'
        : `${accepted} of ${photosCount(count)} became examples.`;
    default:
      return `${photosCount(count)} of one person. Who is it?`;
  }
}

/** @param {import('../enrolment/photo-state.js').Photo} photo @returns {string} */
export function photoText({ verdict, message }) {
  if (verdict === null) return '';
  return verdict === 'accepted' ? 'Added' : message || verdict;
}

/** @param {number} n @returns {string} */
export function sendPhotosText(n) {
  return `Add ${photosCount(n)}`;
}

/** @param {string} fileName @returns {string} */
export function removePhotoText(fileName) {
  return `Remove ${fileName}`;
}
