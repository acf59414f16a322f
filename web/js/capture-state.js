/**
 * The capture of one person as a value: (state, event) -> state. Pure; knows no DOM and no socket.
 *
 *     idle --begin--> starting --progress--> capturing --complete--> review --commit--> committing
 *      ^                                                                ^ <--refused-------- |
 *      '------------------- discarded, lost, failed -------------------'     committed --> saved
 *
 * The examples live in the server's session. When that comes back after a lost connection, the
 * capture goes on. Else they are gone, and it starts again; only the name that was typed stays.
 * What the server said into the lost connection is not said again. If that was `complete`, silence
 * tells it: a capture that is not complete has a verdict for every frame.
 */

/** @typedef {'idle' | 'starting' | 'capturing' | 'review' | 'committing' | 'saved'} Phase */
/** @typedef {{exampleId: string, cropJpeg: Uint8Array}} Example */
/** @typedef {{identity_id: string, display_name: string, templates: number}} Identity */

/**
 * @typedef {object} CaptureState
 * @property {Phase} phase
 * @property {string | null} verdict of the newest frame; a key of texts.VERDICTS
 * @property {number} accepted examples that the server took
 * @property {number} wanted examples that it will take
 * @property {readonly Example[]} examples those that are kept
 * @property {Identity | null} saved who was added last
 * @property {string | null} problem a sentence on what went wrong
 */

/** @type {Readonly<CaptureState>} */
export const IDLE = Object.freeze({
  phase: 'idle',
  verdict: null,
  accepted: 0,
  wanted: 0,
  examples: Object.freeze([]),
  saved: null,
  problem: null,
});

/**
 * @typedef {{type: 'begin', wanted: number}
 *   | {type: 'progress', message: Record<string, any>}
 *   | {type: 'remove', exampleId: string}
 *   | {type: 'commit'}
 *   | {type: 'committed', identity: Identity}
 *   | {type: 'refused', problem: string}
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
  switch (event.type) {
    case 'begin':
      if (state.phase !== 'idle' && state.phase !== 'saved') return state;
      return { ...IDLE, phase: 'starting', wanted: event.wanted };
    case 'progress':
      return afterProgress(state, event.message);
    case 'remove':
      if (state.phase !== 'review') return state;
      return {
        ...state,
        examples: state.examples.filter((example) => example.exampleId !== event.exampleId),
      };
    case 'commit':
      if (!canCommit(state)) return state;
      return { ...state, phase: 'committing', problem: null };
    case 'committed':
      if (state.phase !== 'committing') return state;
      return { ...IDLE, phase: 'saved', saved: event.identity };
    case 'refused':
      if (state.phase !== 'committing') return state;
      return { ...state, phase: 'review', problem: event.problem };
    case 'silence':
      if (state.phase !== 'capturing') return state;
      if (state.examples.length === 0) return { ...IDLE, problem: event.problem };
      return { ...state, phase: 'review', verdict: 'complete' };
    case 'discarded':
      return IDLE;
    case 'failed':
      if (state.phase === 'idle' || state.phase === 'saved') return state;
      return { ...IDLE, problem: event.problem };
    default:
      throw new TypeError(`no such capture event: ${/** @type {any} */ (event).type}`);
  }
}

/**
 * @param {CaptureState} state
 * @returns {boolean} whether there is something to store (the name apart)
 */
export function canCommit(state) {
  return state.phase === 'review' && state.examples.length > 0;
}

/**
 * @param {CaptureState} state
 * @returns {boolean} whether the server holds, or will hold, a capture of ours
 */
export function isUnderWay(state) {
  return state.phase !== 'idle' && state.phase !== 'saved';
}

function afterProgress(state, { verdict, accepted, wanted, example }) {
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
    examples:
      example && !known
        ? [...state.examples, { exampleId: example.example_id, cropJpeg: example.crop_jpeg }]
        : state.examples,
  };
}
