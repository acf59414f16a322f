/**
 * The capture of one person as a value: (state, event) -> state. Pure; knows no DOM and no socket.
 *
 *     idle --begin--> starting --progress--> capturing --complete--> review --commit--> committing
 *      ^                 ^                                            | ^ <--refused---- |    |
 *      |                 '------------------- more -------------------' '-- unknown -- unsure |
 *      '--- discarded, failed -----                                          committed --> saved
 *
 * The examples live in the server's session. When that comes back after a lost connection, the
 * capture goes on. Else they are gone, and it starts again; only the name that was typed stays.
 * What the server said into the lost connection is not said again. If that was `complete`, silence
 * tells it: a capture that is not complete has a verdict for every frame. If that was the answer to
 * a commit, nobody can say what became of it (`unsure`) until the gallery is known again.
 */
import { findById, findByName } from '../gallery/gallery.js';

/** @typedef {import('../gallery/gallery.js').Gallery} Gallery */
/** @typedef {import('../gallery/gallery.js').Identity} Identity */
/**
 * @typedef {'idle' | 'starting' | 'capturing' | 'review' | 'committing' | 'unsure' | 'saved'} Phase
 */
/** @typedef {{exampleId: string, cropJpeg: Uint8Array}} Example */
/** @typedef {{identity_id: string, display_name: string, confidence: number}} LookAlike */
/**
 * What a commit asked for, to find out later whether it was done.
 * @typedef {object} Sent
 * @property {string} displayName
 * @property {number} templatesBefore examples that somebody of that name had
 * @property {number} kept examples that were to be stored
 */

/** What the coach may ask for, and the pose that it leads to. As docs/protocol.md has them. */
export const COACHED_POSES = Object.freeze({
  look_straight: 'front',
  turn_left: 'left',
  turn_right: 'right',
  look_up: 'up',
  look_down: 'down',
});

/**
 * @typedef {object} CaptureState
 * @property {Phase} phase
 * @property {string | null} verdict of the newest frame; a key of texts.VERDICTS
 * @property {string | null} coach what would help next; a key of texts.COACH
 * @property {Readonly<Record<string, number>>} poses pose -> how many examples show it
 * @property {number} accepted examples that the server took
 * @property {number} wanted examples that it will take
 * @property {readonly Example[]} examples those that are kept
 * @property {LookAlike | null} lookAlike somebody known whom the examples resemble
 * @property {Sent | null} sent the commit whose answer is missing
 * @property {Identity | null} saved who was added last
 * @property {string | null} problem a sentence on what went wrong
 */

/** @type {Readonly<CaptureState>} */
export const IDLE = Object.freeze({
  phase: 'idle',
  verdict: null,
  coach: null,
  poses: Object.freeze({}),
  accepted: 0,
  wanted: 0,
  examples: Object.freeze([]),
  lookAlike: null,
  sent: null,
  saved: null,
  problem: null,
});

/**
 * @typedef {{type: 'begin', wanted: number}
 *   | {type: 'more'}
 *   | {type: 'goes_on'}
 *   | {type: 'progress', message: Record<string, any>}
 *   | {type: 'remove', exampleId: string}
 *   | {type: 'commit', sent: Sent}
 *   | {type: 'committed', identity: Identity}
 *   | {type: 'refused', problem: string}
 *   | {type: 'unanswered'}
 *   | {type: 'unknown', problem: string}
 *   | {type: 'silence', problem: string}
 *   | {type: 'discarded'}
 *   | {type: 'failed', problem: string}} CaptureEvent
 */

/**
 * The state after `event`. An event that means nothing in this phase changes nothing: answers
 * may come in late.
 * @param {CaptureState} state
 * @param {CaptureEvent} event
 * @returns {CaptureState}
 */
export function reduceCapture(state, event) {
  const { phase } = state;
  switch (event.type) {
    case 'begin':
      if (isUnderWay(state)) return state;
      return { ...IDLE, phase: 'starting', wanted: event.wanted };
    case 'more':
      if (phase !== 'review') return state;
      return {
        ...IDLE,
        phase: 'starting',
        accepted: state.examples.length,
        wanted: state.wanted,
        examples: state.examples,
      };
    case 'goes_on':
      if (phase !== 'starting') return state;
      return { ...state, phase: 'capturing', verdict: 'started' };
    case 'progress':
      return afterProgress(state, event.message);
    case 'remove':
      if (phase !== 'review') return state;
      return {
        ...state,
        examples: state.examples.filter((example) => example.exampleId !== event.exampleId),
      };
    case 'commit':
      if (!canCommit(state)) return state;
      return { ...state, phase: 'committing', sent: event.sent, problem: null };
    case 'committed':
      if (state.sent === null) return state;
      return { ...IDLE, phase: 'saved', saved: event.identity };
    case 'refused':
      if (phase !== 'committing' && !isExtending(state)) return state;
      return { ...state, phase: 'review', sent: null, problem: event.problem };
    case 'unanswered':
      return phase === 'committing' ? { ...state, phase: 'unsure' } : state;
    case 'unknown':
      return phase === 'unsure' ? { ...state, phase: 'review', problem: event.problem } : state;
    case 'silence':
      if (phase !== 'capturing') return state;
      if (state.examples.length === 0) return { ...IDLE, problem: event.problem };
      return { ...state, phase: 'review', verdict: 'complete', coach: null };
    case 'discarded':
      return IDLE;
    case 'failed':
      if (!isUnderWay(state)) return state;
      return { ...IDLE, problem: event.problem };
    default:
      throw new TypeError(`no such capture event: ${/** @type {any} */ (event).type}`);
  }
}

/**
 * @param {CaptureState} state
 * @param {number} [minExamples] that the server wants
 * @returns {boolean} whether there is enough to store (the name apart)
 */
export function canCommit(state, minExamples = 1) {
  return state.phase === 'review' && state.examples.length >= Math.max(minExamples, 1);
}

/**
 * @param {CaptureState} state
 * @returns {boolean} whether the server holds, or will hold, a capture of ours
 */
export function isUnderWay(state) {
  return state.phase !== 'idle' && state.phase !== 'saved';
}

/**
 * How far the taking of examples is.
 * @param {CaptureState} state
 * @returns {{accepted: number, wanted: number} | null} null: none are being taken
 */
export function takingOf({ phase, accepted, wanted }) {
  return phase === 'starting' || phase === 'capturing' ? { accepted, wanted } : null;
}

/**
 * @param {CaptureState} state
 * @returns {boolean} whether more examples were asked for, beside those that are kept
 */
export function isExtending(state) {
  return state.phase === 'starting' && state.examples.length > 0;
}

/**
 * How many examples would make the capture whole, where those that are left are too few.
 * @param {CaptureState} state
 * @param {number} minExamples that the server wants
 * @returns {number} 0: nothing is missing
 */
export function missingExamples(state, minExamples) {
  if (state.phase !== 'review' || canCommit(state, minExamples)) return 0;
  return Math.max(state.wanted, minExamples) - state.examples.length;
}

/**
 * Who is to be warned of in review: somebody known, whom the examples resemble, and who is not the
 * person whose name was typed; with the name that they have now.
 * @param {CaptureState} state
 * @param {Gallery} gallery
 * @param {string} typedName
 * @returns {{identity: Identity, confidence: number} | null}
 */
export function lookAlikeOf({ phase, lookAlike }, gallery, typedName) {
  if (phase !== 'review' || lookAlike === null) return null;
  const identity = findById(gallery, lookAlike.identity_id);
  if (!identity || findByName(gallery, typedName) === identity) return null;
  return { identity, confidence: lookAlike.confidence };
}

/**
 * Whether the commit whose answer is missing was done, as far as the gallery shows.
 * @param {CaptureState} state
 * @param {Gallery} gallery
 * @returns {Identity | null} who has the examples
 */
export function storedAs({ sent }, gallery) {
  if (sent === null) return null;
  const identity = findByName(gallery, sent.displayName);
  return identity && identity.templates >= sent.templatesBefore + sent.kept ? identity : null;
}

function afterProgress(state, { verdict, accepted, wanted, example, poses, coach, look_alike }) {
  if (verdict === 'started') {
    return state.phase === 'starting' ? { ...state, phase: 'capturing', verdict, wanted } : state;
  }
  if (state.phase !== 'capturing') return state;
  const known = example && state.examples.some((one) => one.exampleId === example.example_id);
  return {
    ...state,
    phase: verdict === 'complete' ? 'review' : 'capturing',
    verdict,
    accepted,
    wanted,
    coach,
    poses,
    lookAlike: look_alike,
    examples:
      example && !known
        ? [...state.examples, { exampleId: example.example_id, cropJpeg: example.crop_jpeg }]
        : state.examples,
  };
}
