/** Restoring the gallery from a file, as a value: (state, event) -> state. Pure. */

/** @typedef {import('./gallery-api.js').ImportPlan} ImportPlan */
/** @typedef {import('./gallery-api.js').ImportMode} ImportMode */
/**
 * @typedef {object} RestoreState
 * @property {'idle' | 'checking' | 'choosing' | 'restoring'} phase
 * @property {string | null} fileName
 * @property {Readonly<Record<ImportMode, ImportPlan>> | null} plans what each mode would do
 * @property {string | null} problem a sentence on what went wrong
 */

/** @type {Readonly<RestoreState>} */
export const NO_FILE = Object.freeze({
  phase: 'idle',
  fileName: null,
  plans: null,
  problem: null,
});

/**
 * @typedef {{type: 'choose', fileName: string}
 *   | {type: 'checked', plans: Record<ImportMode, ImportPlan>}
 *   | {type: 'restore'}
 *   | {type: 'failed', problem: string}
 *   | {type: 'end'}} RestoreEvent
 */

/**
 * @param {RestoreState} state
 * @param {RestoreEvent} event
 * @returns {RestoreState}
 */
export function reduceRestore(state, event) {
  switch (event.type) {
    case 'choose':
      if (state.phase === 'restoring') return state;
      return { ...NO_FILE, phase: 'checking', fileName: event.fileName };
    case 'checked':
      if (state.phase !== 'checking') return state;
      return { ...state, phase: 'choosing', plans: event.plans };
    case 'restore':
      return state.phase === 'choosing' ? { ...state, phase: 'restoring', problem: null } : state;
    case 'failed':
      // A file that was read once may be tried again; one that was not is of no use.
      if (state.phase === 'restoring') {
        return { ...state, phase: 'choosing', problem: event.problem };
      }
      return { ...NO_FILE, problem: event.problem };
    case 'end':
      return NO_FILE;
    default:
      throw new TypeError(`no such restore event: ${/** @type {any} */ (event).type}`);
  }
}

/**
 * Whether restoring may change something. To replace may: what it deletes of people who stay is
 * not counted in its plan.
 * @param {ImportPlan} plan
 * @param {ImportMode} mode
 * @returns {boolean}
 */
export function mayChange({ people_new, people_changed, examples_new }, mode) {
  return mode === 'replace' || people_new.length + people_changed.length + examples_new > 0;
}
