/** The join link of another phone, as a value: (state, event) -> state. Pure. */

/** @typedef {'viewer' | 'operator'} JoinRole */
/**
 * @typedef {object} JoinLink as docs/rest.md has it
 * @property {string} url
 * @property {JoinRole | 'admin'} role admin: whoever opens the page is one, and no code is needed
 * @property {string} qr_svg
 * @property {string | null} first_time_url
 * @property {string | null} first_time_qr_svg
 */
/**
 * @typedef {object} JoinState
 * @property {'closed' | 'asking' | 'ready' | 'over' | 'failed'} phase over: the code has expired
 * @property {JoinRole} role that is to be granted
 * @property {JoinLink | null} link
 * @property {number | null} untilMs by the page's clock; null: for ever
 * @property {number | null} leftS whole seconds until then
 * @property {string | null} problem a sentence on what went wrong
 */

/** @type {Readonly<JoinState>} */
export const NO_JOIN = Object.freeze({
  phase: 'closed',
  role: 'viewer',
  link: null,
  untilMs: null,
  leftS: null,
  problem: null,
});

/**
 * @typedef {{type: 'ask', role: JoinRole}
 *   | {type: 'told', link: JoinLink, untilMs: number | null, nowMs: number}
 *   | {type: 'failed', problem: string}
 *   | {type: 'tick', nowMs: number}
 *   | {type: 'close'}} JoinEvent
 */

/**
 * @param {JoinState} state
 * @param {JoinEvent} event
 * @returns {JoinState}
 */
export function reduceJoin(state, event) {
  switch (event.type) {
    case 'ask':
      return { ...NO_JOIN, phase: 'asking', role: event.role };
    case 'told': {
      if (state.phase !== 'asking') return state;
      const { link, untilMs, nowMs } = event;
      return timed({ ...state, phase: 'ready', link, untilMs }, nowMs);
    }
    case 'failed':
      return state.phase === 'asking'
        ? { ...state, phase: 'failed', problem: event.problem }
        : state;
    case 'tick':
      return state.phase === 'ready' ? timed(state, event.nowMs) : state;
    case 'close':
      return state.phase === 'closed' ? state : { ...NO_JOIN, role: state.role };
    default:
      return state;
  }
}

function timed(state, nowMs) {
  if (state.untilMs === null) return state;
  const leftS = Math.ceil((state.untilMs - nowMs) / 1000);
  if (leftS <= 0) return { ...NO_JOIN, phase: 'over', role: state.role };
  return leftS === state.leftS ? state : { ...state, leftS };
}
