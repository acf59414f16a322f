import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { EXPORT_URL, GalleryApi, exampleUrl, portraitUrl } from '../../js/gallery/gallery-api.js';

const contract = await readFile(new URL('../../../docs/rest.md', import.meta.url), 'utf8');
/** `METHOD /path` of every row, with ids as they are in the contract. */
const endpoints = new Set(
  [...contract.matchAll(/^\| ([A-Z]+) \| `([^`?]+)/gm)].map(
    ([, method, path]) => `${method} ${path}`,
  ),
);

function setUp() {
  const asked = [];
  const note =
    (method) =>
    (...args) => {
      asked.push(method ? [method, ...args] : args);
      return Promise.resolve({});
    };
  const api = new GalleryApi({ get: note('GET'), send: note(null), upload: note('POST') });
  return { api, asked };
}

describe('the addresses are those of the contract', () => {
  for (const [what, ask, method, path, body] of [
    ['person', (api) => api.person('i'), 'GET', '/identities/i'],
    ['edit', (api) => api.edit('i', { note: 'x' }), 'PATCH', '/identities/i', { note: 'x' }],
    ['deletePerson', (api) => api.deletePerson('i'), 'DELETE', '/identities/i'],
    ['merge', (api) => api.merge('i', 'j'), 'POST', '/identities/i/merge', { into: 'j' }],
    [
      'deleteExamples',
      (api) => api.deleteExamples([1]),
      'POST',
      '/examples/delete',
      { template_ids: [1] },
    ],
    [
      'moveExamples',
      (api) => api.moveExamples([1], { display_name: 'A' }),
      'POST',
      '/examples/move',
      { template_ids: [1], display_name: 'A' },
    ],
    ['clear', (api) => api.clear(), 'POST', '/clear', { confirm: 'clear' }],
    ['undo', (api) => api.undo('u'), 'POST', '/undo', { undo_id: 'u' }],
    ['health', (api) => api.health(), 'GET', '/health'],
    ['reembedding', (api) => api.reembedding(), 'GET', '/reembedding'],
    ['reembed', (api) => api.reembed(), 'POST', '/reembedding'],
  ]) {
    test(what, async () => {
      const { api, asked } = setUp();
      await ask(api);
      assert.deepEqual(asked, [[method, `/api/gallery${path}`, ...(body ? [body] : [])]]);
      const known = `${method} /api/gallery${path.replace(/\/i(?=\/|$)/, '/{id}')}`;
      assert.ok(endpoints.has(known), known);
    });
  }

  test('photos go as one form, each with its file name', async () => {
    const { api, asked } = setUp();
    await api.addPhotos('Ada & Co', [
      { blob: new Blob(['1']), fileName: 'a.jpg' },
      { blob: new Blob(['2']), fileName: 'a.jpg' },
    ]);
    const [[, path, form]] = asked;
    assert.equal(path, '/api/gallery/photos?name=Ada%20%26%20Co');
    assert.deepEqual([...form.values()].map((file) => file.name), ['a.jpg', 'a.jpg']);
  });

  test('a file is restored, or only looked at', async () => {
    const { api, asked } = setUp();
    const file = new Blob(['zip']);
    await api.restore(file, 'replace', { preview: true });
    assert.deepEqual(asked, [['POST', '/api/gallery/import?mode=replace&preview=true', file]]);
  });

  test('pictures and the export', () => {
    assert.equal(exampleUrl(7), '/api/gallery/examples/7.jpg');
    assert.match(portraitUrl('i', 3), /^\/api\/gallery\/identities\/i\/portrait\.jpg\?/);
    assert.ok(endpoints.has(`GET ${EXPORT_URL}`));
  });
});

test('an id cannot lead to another address', async () => {
  const { api, asked } = setUp();
  await api.person('../clear?');
  assert.equal(asked[0][1], '/api/gallery/identities/..%2Fclear%3F');
  assert.equal(exampleUrl('a/b'), '/api/gallery/examples/a%2Fb.jpg');
});
