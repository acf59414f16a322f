import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rest } from '../../js/connection/rest.js';

function setUp(answer) {
  const asked = [];
  const rest = new Rest({
    fetch: async (path, init) => {
      asked.push({ path, ...init });
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return { rest, asked };
}

const json = (status, body) => new Response(JSON.stringify(body), { status });

describe('a request', () => {
  test('carries the cookie of the page, and is not answered from a cache', async () => {
    const { rest, asked } = setUp(json(200, { n: 1 }));
    assert.deepEqual(await rest.get('/api/x'), { n: 1 });
    const [{ path, method, credentials, cache, body }] = asked;
    assert.deepEqual([path, method, credentials, cache], [
      '/api/x',
      'GET',
      'same-origin',
      'no-store',
    ]);
    assert.equal(body, undefined);
  });

  test('sends fields as JSON, and none where there are none', async () => {
    const { rest, asked } = setUp(json(200, {}));
    await rest.send('PATCH', '/api/x', { note: null });
    assert.equal(asked[0].body, '{"note":null}');
    assert.equal(asked[0].headers['Content-Type'], 'application/json');
    await assert.rejects(rest.send('DELETE', '/api/x')); // a Response is read once
    assert.equal(asked[1].body, undefined);
    assert.equal(asked[1].headers, undefined);
  });

  test('sends a file as it is, and leaves its type to the browser', async () => {
    const { rest, asked } = setUp(json(202, {}));
    const file = new Blob(['zip']);
    await rest.upload('/api/x', file);
    assert.equal(asked[0].method, 'POST');
    assert.equal(asked[0].body, file);
    assert.equal(asked[0].headers, undefined);
  });
});

describe('what goes wrong is a RequestError', () => {
  test('a refusal, in the words of the server', async () => {
    const body = { code: 'name_taken', message: 'no', retryable: false };
    const { rest } = setUp(json(409, body));
    await assert.rejects(rest.get('/api/x'), { name: 'RequestError', ...body });
  });

  test('no network', async () => {
    const { rest } = setUp(new TypeError('failed to fetch'));
    await assert.rejects(rest.get('/api/x'), { code: 'connection_lost', retryable: true });
  });

  for (const [what, response] of [
    ['a page of something in between', new Response('<h1>Bad gateway</h1>', { status: 502 })],
    ['an error without a code', json(500, { detail: 'x' })],
    ['an answer that is cut off', new Response('{"revision": 1', { status: 200 })],
  ]) {
    test(what, async () => {
      const { rest } = setUp(response);
      await assert.rejects(rest.get('/api/x'), { name: 'RequestError', code: 'bad_answer' });
    });
  }
});
