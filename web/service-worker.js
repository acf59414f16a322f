/**
 * Keeps the files of the page, so that an installed page opens while the server is away, and says
 * so. Nothing of anybody is kept: no answer of the server's interfaces, no picture.
 *
 * The network comes first: a page and a server of different versions would not understand each
 * other. What is kept is used when the network does not answer.
 */
const VERSION = '0.1.0';
const FAMILY = 'facestream-shell';
const CACHE = `${FAMILY}-${VERSION}`;

/** Files of the page; all else, as the address with a token in it, goes its own way. */
const SHELL = /^\/(?:(?:js|styles|vendor|icons)\/.+|facestream\.webmanifest)?$/;

/** So long may the network take. It is a local one as a rule. */
const PATIENCE_MS = 2500;

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(takeOver()));
self.addEventListener('fetch', (event) => {
  const { method, url } = event.request;
  const { origin, pathname, search } = new URL(url);
  const isShell = origin === self.location.origin && search === '' && SHELL.test(pathname);
  if (method === 'GET' && isShell) event.respondWith(answer(event));
});

/** @param {FetchEvent} event */
async function answer(event) {
  const fresh = fetchAndKeep(event.request);
  // It goes on when its answer comes too late, and the next time its file is the new one.
  event.waitUntil(fresh.catch(() => {}));
  try {
    return await inTime(fresh);
  } catch (error) {
    const kept = await caches.match(event.request, { cacheName: CACHE });
    if (kept) return kept;
    if (error instanceof TooSlow) return fresh;
    throw error;
  }
}

/**
 * What older versions kept is fetched anew, so that the page still opens while the server is away,
 * and in one version; what the server does not have any more, or not now, goes.
 */
async function takeOver() {
  await self.clients.claim();
  const older = (await caches.keys()).filter((name) => name.startsWith(FAMILY) && name !== CACHE);
  for (const name of older) {
    const requests = await (await caches.open(name)).keys();
    const fetched = Promise.allSettled(requests.map(fetchAndKeep));
    await inTime(fetched).catch(() => {}); // until then the page waits for its files
    await caches.delete(name);
  }
}

async function fetchAndKeep(request) {
  const response = await fetch(request);
  if (response.ok && !response.redirected) {
    const cache = await caches.open(CACHE);
    await cache.put(request, response.clone());
  }
  return response;
}

class TooSlow extends Error {}

function inTime(promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new TooSlow()), PATIENCE_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
