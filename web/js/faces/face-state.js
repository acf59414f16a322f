/** What is known about the face that was tapped, as a value: (state, event) -> state. Pure. */

/**
 * @typedef {object} Explained as docs/protocol.md has `face_explained`
 * @property {number} track
 * @property {string | null} name
 * @property {string | null} identity_id
 * @property {number} similarity
 * @property {number} confidence
 * @property {string | null} reason
 * @property {number} threshold
 * @property {number} lead_needed
 * @property {{identity_id: string, display_name: string, similarity: number, threshold: number,
 *   templates: number, votes: number, rejected: boolean}[]} candidates
 * @property {{template_id: number | string, identity_id: string, display_name: string,
 *   similarity: number, crop_jpeg: Uint8Array | null}[]} examples
 */
/**
 * @typedef {object} FaceState
 * @property {'closed' | 'asking' | 'told'} phase
 * @property {number | null} track
 * @property {Explained | null} explained
 * @property {boolean} rejecting whether "not this person" is under way
 */

/** @type {Readonly<FaceState>} */
export const NO_FACE = Object.freeze({
  phase: 'closed',
  track: null,
  explained: null,
  rejecting: false,
});

/**
 * @typedef {{type: 'ask', track: number}
 *   | {type: 'told', explained: Explained}
 *   | {type: 'reject'}
 *   | {type: 'reject_ended'}
 *   | {type: 'close'}} FaceEvent
 */

/**
 * @param {FaceState} state
 * @param {FaceEvent} event
 * @returns {FaceState}
 */
export function reduceFace(state, event) {
  switch (event.type) {
    case 'ask':
      // Asked again about the same face, what is known of it stays until there is an answer.
      if (state.track === event.track) return state;
      return { ...NO_FACE, phase: 'asking', track: event.track };
    case 'told':
      if (state.track !== event.explained.track) return state;
      return { ...state, phase: 'told', explained: event.explained };
    case 'reject':
      return state.phase === 'told' ? { ...state, rejecting: true } : state;
    case 'reject_ended':
      return state.rejecting ? { ...state, rejecting: false } : state;
    case 'close':
      return NO_FACE;
    default:
      throw new TypeError(`no such face event: ${/** @type {any} */ (event).type}`);
  }
}

/**
 * Who can be said not to be this person: who it is said to be, or whom it resembles most.
 * @param {Explained} explained
 * @returns {{identityId: string, displayName: string} | null}
 */
export function rejectable({ candidates, identity_id, name }) {
  if (identity_id !== null) return { identityId: identity_id, displayName: name };
  const [best] = candidates;
  if (!best || best.rejected) return null;
  return { identityId: best.identity_id, displayName: best.display_name };
}
