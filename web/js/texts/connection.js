/** The connection: how it is, and what to do when there can be none. Pure. */

/** @typedef {import('../page/notice.js').Content} Content */

/** When there can be no connection. @type {Readonly<Record<string, Content>>} */
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
