import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';

const read = (path) => readFile(new URL(path, import.meta.url), 'utf8');
const html = await read('../index.html');
const ids = new Set([...html.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id));
const paths = await readdir(new URL('../js/', import.meta.url), { recursive: true });
/** The modules of all rooms. */
const sources = new Map();
for (const path of paths.filter((name) => name.endsWith('.js'))) {
  sources.set(path, await read(`../js/${path}`));
}

test('the content security policy of the server lets all of the page through', () => {
  assert.doesNotMatch(html, /\sstyle=/);
  assert.doesNotMatch(html, /<style/);
  assert.doesNotMatch(html, /\son[a-z]+="/);
  for (const [, attributes, body] of html.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)) {
    assert.match(attributes, /src="\//);
    assert.equal(body, '');
  }
});

test('the page has the hooks that browser tests rely on', () => {
  for (const id of [
    'video',
    'overlay',
    'faces-live',
    'capture-start',
    'capture-verdict',
    'capture-thumbnails',
    'capture-name',
    'capture-commit',
    'capture-discard',
    'people-list',
    'camera-flip',
    'camera-choice',
    'camera-torch',
    'notice',
    'status-fps',
    'status-latency',
    'status-connection',
    'status-figures',
    'stages-panel',
    'capture-poses',
    'capture-look-alike',
    'capture-join',
    'capture-too-few',
    'capture-more',
    'photo-files',
    'photo-list',
    'people-search',
    'person-examples',
    'person-delete',
    'person-merge-into',
    'gallery-save',
    'gallery-restore-file',
    'gallery-clear',
    'health-list',
    'face-panel',
    'face-reject',
    'join-open',
    'join-qr',
    'join-link',
    'file-choose',
    'file-view',
    'file-faces',
    'file-download',
    'file-close',
  ]) {
    assert.ok(ids.has(id), id);
  }
});

test('every id is there once, and every id that the modules ask for is there', () => {
  assert.equal(ids.size, [...html.matchAll(/\bid="/g)].length);
  for (const [path, source] of sources) {
    for (const [, byId, selector] of source.matchAll(/byId\('([^']+)'\)|'#([a-z-]+)'/g)) {
      assert.ok(ids.has(byId ?? selector), `${path}: ${byId ?? selector}`);
    }
  }
});

test('every class that the modules ask for is there', () => {
  const classes = new Set(
    [...html.matchAll(/\bclass="([^"]+)"/g)].flatMap(([, list]) => list.split(' ')),
  );
  for (const [path, source] of sources) {
    for (const [, name] of source.matchAll(/querySelector(?:All)?\('\.([a-z-]+)/g)) {
      assert.ok(classes.has(name), `${path}: ${name}`);
    }
  }
});

test('every style sheet is loaded, and every one that is loaded is there', async () => {
  const loaded = [...html.matchAll(/href="\/styles\/([a-z]+\.css)"/g)].map(([, file]) => file);
  const there = await readdir(new URL('../styles/', import.meta.url));
  // By the pages of facestream/server/docs_page.py and small_pages.py.
  const elsewhere = ['docs.css', 'small.css'];
  assert.deepEqual([...loaded, ...elsewhere].sort(), there.sort());
  // They change what the others say.
  assert.deepEqual(loaded.slice(-2), ['wide.css', 'motion.css']);
});

test('no module writes markup', () => {
  for (const [path, source] of sources) {
    assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write/, path);
  }
});

test('the page tells the server its version', async () => {
  const { name, version } = JSON.parse(await read('../package.json'));
  assert.ok(sources.get('main.js').includes(`const CLIENT = '${name} ${version}';`));
});

test('what is labelled by something is labelled by what is there', () => {
  const references = /\b(?:for|aria-labelledby|aria-describedby|aria-controls)="([^"]+)"/g;
  for (const [, list] of html.matchAll(references)) {
    for (const id of list.split(' ')) assert.ok(ids.has(id), id);
  }
});
