/** Photos as a way in, as a value: (state, event) -> state. Pure; knows files by name only. */

/**
 * @typedef {object} Photo
 * @property {number} id
 * @property {string} fileName
 * @property {string | null} verdict null: not known yet; `accepted`, or why not
 * @property {string | null} message the server's sentence on it
 */
/**
 * @typedef {object} PhotoState
 * @property {'closed' | 'naming' | 'sending' | 'done'} phase
 * @property {readonly Photo[]} photos
 * @property {string | null} problem a sentence on what went wrong
 */

/** @type {Readonly<PhotoState>} */
export const NO_PHOTOS = Object.freeze({
  phase: 'closed',
  photos: Object.freeze([]),
  problem: null,
});

/**
 * @typedef {{type: 'choose', photos: {id: number, fileName: string}[]}
 *   | {type: 'remove', id: number}
 *   | {type: 'send'}
 *   | {type: 'answered', verdicts: {verdict: string, message: string | null}[]}
 *   | {type: 'failed', problem: string}
 *   | {type: 'close'}} PhotoEvent
 */

/**
 * @param {PhotoState} state
 * @param {PhotoEvent} event
 * @returns {PhotoState}
 */
export function reducePhotos(state, event) {
  switch (event.type) {
    case 'choose': {
      if (state.phase === 'sending' || event.photos.length === 0) return state;
      const added = event.photos.map((photo) => ({ ...photo, verdict: null, message: null }));
      // Those that have their verdict are done with.
      const before = state.phase === 'done' ? [] : state.photos;
      return { phase: 'naming', photos: [...before, ...added], problem: null };
    }
    case 'remove': {
      if (state.phase !== 'naming') return state;
      const photos = state.photos.filter((photo) => photo.id !== event.id);
      return photos.length === 0 ? NO_PHOTOS : { ...state, photos };
    }
    case 'send':
      return state.phase === 'naming' ? { ...state, phase: 'sending', problem: null } : state;
    case 'answered':
      if (state.phase !== 'sending') return state;
      return {
        ...state,
        phase: 'done',
        // In the order in which they were sent: two can have one name.
        photos: state.photos.map((photo, index) => ({ ...photo, ...event.verdicts[index] })),
      };
    case 'failed':
      return state.phase === 'sending'
        ? { ...state, phase: 'naming', problem: event.problem }
        : state;
    case 'close':
      return state.phase === 'sending' ? state : NO_PHOTOS;
    default:
      throw new TypeError(`no such photo event: ${/** @type {any} */ (event).type}`);
  }
}

/** @param {PhotoState} state @returns {number} photos that were accepted */
export function acceptedPhotos({ photos }) {
  return photos.filter((photo) => photo.verdict === 'accepted').length;
}
