/** Who may do what: join links, and who has access. Pure. */
import { days } from './words.js';

export const LINK_COPIED = 'The link is copied. It works once.';
export const LINK_NOT_COPIED =
  'The browser did not copy the link. Choose it in its field, and copy it from there.';

/** @param {import('../access/join-state.js').JoinState} state @returns {string} */
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

/** On the button which takes access back, and when it was pressed once. */
export const REVOKE = 'Revoke';
export const REVOKE_SURE = 'Really revoke?';

/** @param {string} name @returns {string} */
export function revokedText(name) {
  return `“${name}” has no access any more.`;
}

const ROLES = Object.freeze({
  viewer: 'May watch',
  operator: 'May add people',
  admin: 'May do everything',
});

/** Whoever was heard so recently is here: the server says it of those that are connected. */
const HERE_MS = 60_000;

/**
 * @param {import('../access/access-list.js').Holder} holder
 * @param {number} nowMs Unix ms
 * @returns {string}
 */
export function holderText(holder, nowMs) {
  const { role, own, created_at_ms: since, last_used_at_ms: seen, expires_at_ms: until } = holder;
  const parts = [ROLES[role] ?? role];
  if (since !== null) parts.push(`since ${days.format(since)}`);
  if (own) parts.push('this device');
  else if (seen !== null) {
    parts.push(nowMs - seen < HERE_MS ? 'here now' : `last seen ${days.format(seen)}`);
  }
  if (until !== null) parts.push(`until ${days.format(until)}`);
  return parts.join(', ');
}
