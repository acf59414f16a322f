/**
 * What a role of docs/protocol.md may do. The server decides; the page only offers nothing else.
 * Elements of the classes `for-operators` and `for-admins` are hidden by styles/roles.css.
 */

const ROLES = Object.freeze(['viewer', 'operator', 'admin']);

/**
 * @typedef {object} Permissions
 * @property {string} role
 * @property {boolean} operate add people, look at them, ask about faces
 * @property {boolean} manage change and delete people, invite phones
 */

/**
 * @param {string} role a role that this page does not know may watch
 * @returns {Readonly<Permissions>}
 */
export function permissionsOf(role) {
  const rank = Math.max(0, ROLES.indexOf(role));
  return Object.freeze({ role: ROLES[rank], operate: rank >= 1, manage: rank >= 2 });
}
