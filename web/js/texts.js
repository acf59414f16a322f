/**
 * Every sentence that the page makes up as it runs, in one place: what is live, adding a person,
 * faces, people, the gallery as a whole. Pure.
 */

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

/** Error codes of docs/protocol.md. What is not here is told in the server's own sentence. */
export const ERRORS = Object.freeze({
  message_too_big: 'The camera picture is too big for the server.',
  picture_too_large: 'The camera picture is too big for the server.',
  bad_picture: 'The server could not read a camera picture.',
  bad_name: 'This name cannot be used. Type a name of up to 100 characters.',
  no_enrolment: 'The server has forgotten the examples. Please capture them again.',
  no_examples: 'No example is left. Please capture them again.',
  too_few_examples: 'These are too few examples. Please take some more.',
  no_such_face: 'This face is not in view any more.',
  no_such_example: 'This example is not there any more.',
  no_such_identity: 'This person is not known any more.',
  name_taken: 'Somebody else has that name. Choose another one, or merge the two.',
  nothing_to_undo: 'This cannot be undone any more.',
  bad_archive: 'This file is not a saved gallery, or it is damaged.',
  not_confirmed: 'Nobody was deleted: the word that confirms it was missing.',
  unauthorised:
    'This browser has no access any more. Open the link that the server printed, or a new join link.',
  not_allowed: 'This device may not do that. Ask whoever runs facestream.',
  fingerprint_mismatch:
    'The people here were added with another model. They must be re-embedded on the server first.',
  overloaded: 'The server is too busy. Please try again.',
  worker_failed: 'The server could not compute a picture. Please try again.',
  store_failed: 'The server could not save this. Nothing was changed.',
  shutting_down: 'The server is being stopped. This page connects again when it is back.',
  // Made in the page itself:
  connection_lost: 'The connection was lost. Please try again.',
  bad_answer: 'The server gave an answer that makes no sense. Please try again.',
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
 * @typedef {object} Notice
 * @property {string} title
 * @property {string} text
 * @property {readonly {where: string, how: string}[]} [steps] what to do, in each browser
 * @property {string | null} action
 * @property {string} [kind] where it looks different from the others
 */

/** Where the switch is that forbids the camera. */
const ALLOW_STEPS = Object.freeze([
  {
    where: 'Chrome, Edge',
    how: 'Tap the sign at the left of the address, then Permissions or Site settings, and allow the camera.',
  },
  {
    where: 'Safari on iPhone and iPad',
    how: 'Tap the sign beside the address, then the three dots or Website Settings, and allow the camera. If it is not there: Settings, Apps, Safari, Camera.',
  },
  {
    where: 'Firefox',
    how: 'Click the crossed-out camera or the lock beside the address, and take the block away.',
  },
  {
    where: 'None of these',
    how: 'The device itself may forbid its browser the camera: look under privacy in its settings.',
  },
]);

/**
 * What to do when there is no picture. `resting` has no notice: nobody looks then.
 * @type {Readonly<Record<string, Notice>>}
 */
export const CAMERA_NOTICES = Object.freeze({
  welcome: {
    title: 'Who is in the picture?',
    text: 'facestream finds faces and says whom it knows. Pictures go to this server only, and no frame is stored. Of people whom you add, small pictures of the face are.',
    action: 'Start the camera',
    kind: 'welcome',
  },
  denied: {
    title: 'The camera is not allowed',
    text: 'This browser was told not to give the camera to this page. Allow it, then try again.',
    steps: ALLOW_STEPS,
    action: 'Try again',
    kind: 'denied',
  },
  missing: {
    title: 'No camera found',
    text: 'Connect a camera to this device: it starts by itself. One that has a switch or a cover may be shut.',
    action: 'Try again',
  },
  busy: {
    title: 'The camera is in use',
    text: 'Another program or page holds the camera: a call, perhaps, or another tab. Close it, then try again.',
    action: 'Try again',
  },
  insecure: {
    title: 'This address is not secure',
    text: 'Browsers give the camera to pages at https:// addresses only. Open the https:// address that the server printed.',
    action: null,
  },
  ended: {
    title: 'The camera has stopped',
    text: 'It was disconnected, or taken by something else. When it is plugged in again, it starts by itself.',
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
    text: 'Open the link that the server printed when it started; or ask whoever runs it for a new one, at People, “Add a phone”.',
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
 * @param {string} label as the browser has it; empty, as long as the camera is not allowed
 * @param {number} position counted from 1
 * @returns {string}
 */
export function cameraName(label, position) {
  return label || `Camera ${position}`;
}

/**
 * @param {object} connection
 * @param {string} connection.state
 * @param {number | null} [connection.retryInS]
 * @param {string} [connection.transport] `socket`, or `tunnel` where none gets through
 * @param {boolean} [connection.slow] whether what is live hardly deserves the name
 * @param {boolean} [connection.offline] whether this device has no network at all
 * @returns {string}
 */
export function connectionText({
  state,
  retryInS = null,
  transport = 'socket',
  slow = false,
  offline = false,
}) {
  switch (state) {
    case 'live':
      if (transport === 'tunnel') return 'Live · slower way';
      return slow ? 'Live, but slow' : 'Live';
    case 'reconnecting':
      if (offline) return 'No network';
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

/**
 * What is written at a face of which examples are being taken.
 * @param {{accepted: number, wanted: number}} capture
 * @returns {{name: string, detail: string}}
 */
export function capturedLabel(capture) {
  return { name: 'Capturing', detail: progressText(capture) };
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

// --- photos ---

export const PHOTOS_NOT_IMAGES = 'Only photos can be added. Other files were left out.';

/** @param {number} n @returns {string} */
function photosCount(n) {
  return n === 1 ? '1 photo' : `${n} photos`;
}

/**
 * @param {import('./photo-state.js').PhotoState['phase']} phase
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

/** @param {import('./photo-state.js').Photo} photo @returns {string} */
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

// --- a photo or a video in the place of the camera ---

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

/** @param {import('./file-state.js').FileState} state @returns {string} */
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

// --- a face, and why it has its name or none ---

const NOBODY_KNOWN = 'Nobody is known yet, so nobody can be recognised.';
export const FACE_ASKING = 'Asking the server…';

/** @param {number} similarity @returns {string} */
export function similarityText(similarity) {
  return similarity.toFixed(2);
}

/** @param {import('./face-state.js').Explained} explained @returns {string} */
export function faceTitle({ name }) {
  return name ?? 'Unknown';
}

/**
 * Why it has this name, or none, in words.
 * @param {import('./face-state.js').Explained} explained
 * @returns {string}
 */
export function whyText(explained) {
  const { name, confidence, reason } = explained;
  const [best, second] = explained.candidates;
  const is = similarityText(explained.similarity);
  const needed = similarityText(explained.threshold);
  if (name !== null) {
    return `Looks like ${name}, ${is}, and ${needed} is needed. ${shareText(confidence)} certain.`;
  }
  if (reason === 'gallery_empty' || !best) return NOBODY_KNOWN;
  const looksLike = `Looks most like ${best.display_name}, ${is}`;
  switch (reason) {
    case 'too_far':
      return `${looksLike}, but ${needed} is needed.`;
    case 'ambiguous':
      return second
        ? `${looksLike}, but nearly as much like ${runnerUpText(second)}. ` +
            `A lead of ${similarityText(explained.lead_needed)} is needed.`
        : `${looksLike}, but too few of the nearest examples agree.`;
    case 'poor_face':
      return `${looksLike}, but the face is too small, too turned or too blurred to be sure.`;
    case 'rejected':
      return `${looksLike}, but somebody said that such a face is not ${best.display_name}.`;
    default:
      return `${looksLike}; ${needed} is needed.`;
  }
}

/** @param {{votes: number, templates: number}} candidate @returns {string} */
export function votesText({ votes, templates }) {
  return `${votes} of ${examplesText(templates)}`;
}

/** @param {{display_name: string, similarity: number}} candidate @returns {string} */
export function runnerUpText({ display_name, similarity }) {
  return `${display_name}, ${similarityText(similarity)}`;
}

/**
 * @param {{similarity: number}} best
 * @param {{similarity: number}} second
 * @param {number} needed
 * @returns {string}
 */
export function leadText(best, second, needed) {
  const lead = similarityText(best.similarity - second.similarity);
  return `${lead}, and ${similarityText(needed)} is needed`;
}

/** @param {{display_name: string, similarity: number}} example @returns {string} */
export function nearestAlt({ display_name, similarity }) {
  return `An example of ${display_name}, similarity ${similarityText(similarity)}`;
}

/** @param {string} name @returns {string} */
export function notThisPersonText(name) {
  return `Not ${name}`;
}

/** @param {string} name @returns {string} */
export function rejectedText(name) {
  return `Faces that look like this are not called ${name} any more.`;
}

// --- who may do what ---

/** What the list of the faces in view is called. @param {boolean} mayAsk @returns {string} */
export function facesLabel(mayAsk) {
  return mayAsk ? 'Faces in view. Choose one to see why it has its name.' : 'Faces in view.';
}

export const LINK_COPIED = 'The link is copied. It works once.';
export const LINK_NOT_COPIED =
  'The browser did not copy the link. Choose it in its field, and copy it from there.';

/** @param {import('./join-state.js').JoinState} state @returns {string} */
export function joinStatusText({ phase, role, link, problem }) {
  switch (phase) {
    case 'asking':
      return 'Asking the server for a code…';
    case 'over':
      return 'The time of this code is over.';
    case 'failed':
      return problem ?? '';
    case 'ready':
      if (link?.role === 'admin') {
        return 'Point the phone’s camera at this code. This server asks for no token: whoever opens the page may do everything.';
      }
      return role === 'operator'
        ? 'Point the phone’s camera at this code. The phone may watch, add people and look at them.'
        : 'Point the phone’s camera at this code. The phone may see who is in view, and nothing else.';
    default:
      return '';
  }
}

/** @param {number} leftS whole seconds @returns {string} */
export function timeLeftText(leftS) {
  const seconds = String(leftS % 60).padStart(2, '0');
  return `Works once, within ${Math.floor(leftS / 60)}:${seconds} minutes`;
}

// --- people ---

export const UNDO_LABEL = 'Undo';
export const UNDONE = 'Undone. All is as it was.';
export const PERSON_SAVED = 'Saved.';
export const MERGE_CHOOSE = 'Choose somebody';

/** @param {string} name @returns {string} */
export function openPersonText(name) {
  return `Show ${name}`;
}

const days = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** @param {import('./gallery-api.js').Person} person @returns {string} */
export function personAboutText({ templates, created_at_ms, expires_at_ms }) {
  const about = `${examplesText(templates)}, known since ${days.format(created_at_ms)}`;
  return expires_at_ms === null
    ? about
    : `${about}, kept until ${days.format(expires_at_ms - 1)}`;
}

const SOURCE_NAMES = Object.freeze({ camera: 'camera', photo: 'photo' });

/**
 * @param {import('./gallery-api.js').Example} example
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

// --- what is worth a look ---

/** @param {{display_name: string}} a @param {{display_name: string}} b @returns {string} */
export function alikeText(a, b) {
  return (
    `${a.display_name} and ${b.display_name} look so alike that they will be mixed up. ` +
    'If they are one person, merge them.'
  );
}

/** @param {{display_name: string}} outlier @returns {string} */
export function outlierText({ display_name }) {
  return `One example of ${display_name} does not resemble the others. Is it somebody else?`;
}

/** @param {{display_name: string, templates: number}} identity @returns {string} */
export function fewText({ display_name, templates }) {
  return `${display_name} has ${examplesText(templates)} only. More make the name surer.`;
}

/** @param {{display_name: string}} identity @returns {string} */
export function uniformText({ display_name }) {
  return `The examples of ${display_name} are all the same. Add some with the head turned.`;
}

// --- the gallery as a whole ---

/** What is to be typed before everybody is deleted; the server asks for the same word. */
export const CLEAR_WORD = 'clear';
export const CLEARED = 'Everybody was deleted.';
export const RESTORED = 'The gallery was restored from the file.';

/** @param {import('./gallery-api.js').Reembedded} status @returns {string} */
export function foreignText({ running, done, total, without_crop }) {
  const left = total - done;
  if (running) return `${done} of ${total - without_crop} examples are embedded anew…`;
  if (left === 0) return `${examplesText(total)} were embedded anew, and are searched now.`;
  const made = left === 1 ? '1 example was made' : `${left} examples were made`;
  const notSearched = `${made} by another model, and ${left === 1 ? 'is' : 'are'} not searched.`;
  if (without_crop === 0) return notSearched;
  return `${notSearched} ${without_crop} of them cannot be embedded anew: there is no picture.`;
}

/** @param {import('./restore-state.js').RestoreState} state @returns {string} */
export function restoreHeading({ phase, fileName }) {
  switch (phase) {
    case 'checking':
      return `Reading ${fileName}…`;
    case 'choosing':
      return `What shall be done with ${fileName}?`;
    case 'restoring':
      return `Restoring from ${fileName}…`;
    default:
      return '';
  }
}

const MOST_NAMES = 5;

/** @param {readonly string[]} names @returns {string} `A, B, C, D, E and 3 more` */
export function namesText(names) {
  if (names.length <= MOST_NAMES) return names.join(', ');
  return `${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more`;
}

/** @param {number} n @returns {string} */
function peopleCount(n) {
  return n === 1 ? '1 person' : `${n} people`;
}

/**
 * What restoring would do, a sentence each.
 * @param {import('./gallery-api.js').ImportPlan} plan
 * @param {import('./gallery-api.js').ImportMode} mode
 * @returns {string[]}
 */
export function planLines(plan, mode) {
  const { people_new, people_changed, people_removed, examples_new, examples_known } = plan;
  const lines = [];
  if (people_removed.length > 0) {
    const gone = people_removed.length === 1 ? 'is deleted' : 'are deleted';
    lines.push(`${peopleCount(people_removed.length)} ${gone}: ${namesText(people_removed)}.`);
  }
  if (people_new.length > 0) {
    const come = people_new.length === 1 ? 'is added' : 'are added';
    lines.push(`${peopleCount(people_new.length)} ${come}: ${namesText(people_new)}.`);
  }
  if (people_changed.length > 0) {
    const names = people_changed.map(({ display_name, added }) => `${display_name} (${added})`);
    lines.push(`More examples for ${namesText(names)}.`);
  }
  if (mode === 'merge' && lines.length === 0) lines.push('Nothing is missing here.');
  lines.push(`${examplesText(examples_new)} to add, ${examples_known} known already.`);
  if (mode === 'replace') lines.push('Examples that are not in the file are deleted.');
  return lines;
}
