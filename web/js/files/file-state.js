/**
 * A photo or video that is shown in the place of the camera, as a value: (state, event) -> state.
 * Pure; knows files by name only.
 *
 *     closed --open photo--> looking --answered--> told
 *        \                      '-----failed-----> failed
 *         '--open video--> playing
 */

/** @typedef {'photo' | 'video'} FileKind */
/** @typedef {import('./identify-api.js').IdentifiedFace} IdentifiedFace */
/**
 * @typedef {object} FileState
 * @property {'closed' | 'looking' | 'told' | 'failed' | 'playing'} phase
 * @property {string} fileName
 * @property {readonly IdentifiedFace[]} faces of a photo, in its own pixels
 * @property {string | null} problem a sentence on what went wrong
 */

/** @type {Readonly<FileState>} */
export const NO_FILE = Object.freeze({
  phase: 'closed',
  fileName: '',
  faces: Object.freeze([]),
  problem: null,
});

/**
 * @typedef {{type: 'open', kind: FileKind, fileName: string}
 *   | {type: 'answered', faces: readonly IdentifiedFace[]}
 *   | {type: 'failed', problem: string}
 *   | {type: 'close'}} FileEvent
 */

/**
 * @param {FileState} state
 * @param {FileEvent} event
 * @returns {FileState}
 */
export function reduceFile(state, event) {
  switch (event.type) {
    case 'open':
      return {
        ...NO_FILE,
        phase: event.kind === 'photo' ? 'looking' : 'playing',
        fileName: event.fileName,
      };
    case 'answered':
      return state.phase === 'looking' ? { ...state, phase: 'told', faces: event.faces } : state;
    case 'failed':
      return state.phase === 'looking'
        ? { ...state, phase: 'failed', problem: event.problem }
        : state;
    case 'close':
      return NO_FILE;
    default:
      throw new TypeError(`no such file event: ${/** @type {any} */ (event).type}`);
  }
}

/** @param {{type: string}} file @returns {FileKind | null} null: neither */
export function fileKind({ type }) {
  if (type.startsWith('image/')) return 'photo';
  return type.startsWith('video/') ? 'video' : null;
}
