import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import vm from 'node:vm';
import { FakeClock, settle } from './fakes.js';

const source = await readFile(new URL('../service-worker.js', import.meta.url), 'utf8');
const HOME = 'https://example.test';

class FakeCaches {
  byName = new Map();

  /** What the newest cache holds. */
  get kept() {
    return [...this.byName.values()].at(-1) ?? new Map();
  }

  async match({ url }, { cacheName }) {
    return this.byName.get(cacheName)?.get(url);
  }

  async keys() {
    return [...this.byName.keys()];
  }

  async delete(name) {
    return this.byName.delete(name);
  }

  async open(name) {
    if (!this.byName.has(name)) this.byName.set(name, new Map());
    const kept = this.byName.get(name);
    return {
      keys: async () => [...kept.keys()].map((url) => ({ url })),
      put: async ({ url }, response) => kept.set(url, response),
    };
  }
}

/** A worker in a world of its own; `network` answers, or throws when the server is away. */
function setUp() {
  const clock = new FakeClock();
  const caches = new FakeCaches();
  const handlers = {};
  const world = { network: (url) => response(url) };
  const self = {
    location: { origin: HOME },
    clients: { claim: async () => {} },
    addEventListener: (type, handle) => {
      handlers[type] = handle;
    },
  };
  const { setTimeout, clearTimeout } = {
    setTimeout: clock.setTimeout.bind(clock),
    clearTimeout: clock.clearTimeout.bind(clock),
  };
  const fetch = async ({ url }) => world.network(url);
  vm.runInNewContext(source, { self, caches, fetch, setTimeout, clearTimeout, URL });
  const ask = (path, { method = 'GET', origin = HOME } = {}) => {
    let answer = null;
    const request = { method, url: origin + path };
    handlers.fetch({
      request,
      respondWith: (promise) => {
        answer = promise;
      },
      waitUntil: () => {},
    });
    return answer;
  };
  const activate = async () => {
    let done = null;
    handlers.activate({
      waitUntil: (promise) => {
        done = promise;
      },
    });
    await done;
  };
  return { activate, ask, caches, clock, world };
}

function response(url, { ok = true, redirected = false } = {}) {
  return { url, ok, redirected, clone: () => response(url, { ok, redirected }) };
}

const away = () => {
  throw new TypeError('the server is away');
};

describe('the service worker', () => {
  test('leaves all that is not a file of the page alone', () => {
    const { ask } = setUp();
    for (const path of ['/?token=secret', '/ws', '/api/gallery', '/join?code=1', '/healthz', '/join']) {
      assert.equal(ask(path), null, path);
    }
    assert.equal(ask('/', { method: 'POST' }), null);
    assert.equal(ask('/', { origin: 'https://elsewhere.test' }), null);
  });

  test('gives what the network gives, and keeps it for when the server is away', async () => {
    const { ask, world } = setUp();
    for (const path of ['/', '/js/main.js', '/styles/base.css', '/vendor/a/b.mjs', '/icons/192.png']) {
      assert.equal((await ask(path)).url, HOME + path);
    }
    world.network = away;
    assert.equal((await ask('/js/main.js')).url, `${HOME}/js/main.js`);
    await assert.rejects(ask('/js/other.js'), /the server is away/);
  });

  test('keeps no error, and nothing that came from another address', async () => {
    const { ask, caches, world } = setUp();
    world.network = (url) => response(url, { ok: false });
    await ask('/js/main.js');
    world.network = (url) => response(url, { redirected: true });
    await ask('/');
    assert.equal(caches.kept.size, 0);
  });

  test('gives what it kept when the network takes too long, and keeps what comes then', async () => {
    const { ask, caches, clock, world } = setUp();
    await ask('/js/main.js');
    const old = caches.kept.get(`${HOME}/js/main.js`);
    let arrive;
    world.network = (url) =>
      new Promise((resolve) => {
        arrive = () => resolve(response(url));
      });
    const answer = ask('/js/main.js');
    await settle();
    clock.advance(2500);
    assert.equal(await answer, old);
    arrive();
    await settle();
    assert.notEqual(caches.kept.get(`${HOME}/js/main.js`), old);
  });

  test('fetches anew what an older version kept, and leaves nothing of that', async () => {
    const { activate, ask, caches, world } = setUp();
    const older = await caches.open('facestream-shell-0.0.9');
    for (const path of ['/', '/js/main.js', '/js/gone.js']) {
      await older.put({ url: HOME + path }, 'of the older version');
    }
    world.network = (url) => response(url, { ok: !url.endsWith('gone.js') });
    await activate();
    assert.deepEqual([...caches.byName.keys()].length, 1);
    assert.deepEqual([...caches.kept.keys()], [`${HOME}/`, `${HOME}/js/main.js`]);
    world.network = away;
    assert.equal((await ask('/js/main.js')).url, `${HOME}/js/main.js`);
  });

  test('leaves caches alone which are not of this page', async () => {
    const { activate, caches } = setUp();
    await caches.open('somebody-else');
    await activate();
    assert.deepEqual([...caches.byName.keys()], ['somebody-else']);
  });

  test('waits for a slow network where nothing was kept', async () => {
    const { ask, clock, world } = setUp();
    let arrive;
    world.network = (url) =>
      new Promise((resolve) => {
        arrive = () => resolve(response(url));
      });
    const answer = ask('/');
    await settle();
    clock.advance(2500);
    await settle();
    arrive();
    assert.equal((await answer).url, `${HOME}/`);
  });
});
