/** One try each: does https get through, does wss. An answer by then, or no. Never throw. */
import { realClock } from '../js/basics/clock.js';

/** A server in the same house answers in a moment; one that does not by then does not. */
export const TIMEOUT_MS = 5000;

/**
 * @param {string} url
 * @param {object} [world]
 * @param {typeof fetch} [world.fetch]
 * @param {import('../js/basics/clock.js').Clock} [world.clock]
 * @returns {Promise<boolean>}
 */
export async function pageAnswers(
  url,
  { fetch = (...args) => globalThis.fetch(...args), clock = realClock } = {},
) {
  const gone = new AbortController();
  const timer = clock.setTimeout(() => gone.abort(), TIMEOUT_MS);
  try {
    const options = { cache: 'no-store', credentials: 'omit', signal: gone.signal };
    return (await fetch(url, options)).ok;
  } catch {
    return false; // a certificate that is not trusted looks like a server that is not there
  } finally {
    clock.clearTimeout(timer);
  }
}

/**
 * @param {string} url
 * @param {object} [world]
 * @param {(url: string) => WebSocket} [world.makeSocket]
 * @param {import('../js/basics/clock.js').Clock} [world.clock]
 * @returns {Promise<boolean>}
 */
export function liveAnswers(
  url,
  { makeSocket = (address) => new WebSocket(address), clock = realClock } = {},
) {
  return new Promise((resolve) => {
    let socket;
    const end = (answered) => {
      clock.clearTimeout(timer);
      resolve(answered);
      socket?.close();
    };
    const timer = clock.setTimeout(() => end(false), TIMEOUT_MS);
    try {
      socket = makeSocket(url);
    } catch {
      end(false);
      return;
    }
    // To be opened is not enough: some proxies agree to a socket and let nothing through.
    socket.onmessage = () => end(true);
    socket.onerror = socket.onclose = () => end(false);
  });
}
