import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { adviceText, fingerprintGroups, liveText, pageText, shortName } from '../../trust/texts.js';

const folder = new URL('../../trust/', import.meta.url);
const read = (path) => readFile(new URL(path, folder), 'utf8');
const html = await read('index.html');
const ids = new Set([...html.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id));
const modules = (await readdir(folder)).filter((name) => name.endsWith('.js'));

test('the content security policy of the helper page lets all of it through', () => {
  assert.doesNotMatch(html, /\sstyle=/);
  assert.doesNotMatch(html, /<style/);
  assert.doesNotMatch(html, /\son[a-z]+="/);
  assert.deepEqual(html.match(/<script[^]*?<\/script>/g), [
    '<script type="module" src="/main.js"></script>',
  ]);
});

test('nothing in the page leads to its own fragment, which would be taken for a code', () => {
  assert.doesNotMatch(html, /href="#/);
});

test('every platform has its steps, a download, and how to undo it', async () => {
  const source = await read('platform.js');
  const [, platforms] = /@typedef \{([^}]+)\} Platform/.exec(source);
  const names = [...platforms.matchAll(/'([a-z]+)'/g)].map(([, name]) => name);
  const steps = html.split('<details class="steps" data-platform="').slice(1);
  assert.deepEqual(steps.map((part) => part.slice(0, part.indexOf('"'))), names);
  for (const part of steps) {
    assert.match(part, /class="button primary" href="\/facestream/);
    assert.match(part, /To undo it:/);
  }
});

test('every id that the modules ask for is there once, and what labels something, too', async () => {
  assert.equal(ids.size, [...html.matchAll(/\bid="/g)].length);
  for (const name of modules) {
    const source = await read(name);
    for (const [, id] of source.matchAll(/(?:byId|getElementById)\('([^']+)'\)/g)) {
      assert.ok(ids.has(id), `${name}: ${id}`);
    }
    assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write/, name);
  }
  for (const [, id] of html.matchAll(/aria-labelledby="([^"]+)"/g)) assert.ok(ids.has(id), id);
});

test('every drawing is described in words', () => {
  const drawings = html.match(/<svg class="drawing"[^>]*>/g);
  assert.equal(drawings.length, 4);
  for (const drawing of drawings) assert.match(drawing, /role="img" aria-label="[^"]{20,}"/);
});

test('the two lines say what is known, and no more', () => {
  const unknown = { page: null, live: null, waited: false, resting: false };
  const refused = { ...unknown, page: false, live: false, waited: true };
  const slow = { ...refused, page: true };
  const through = { ...slow, live: true };
  assert.deepEqual([unknown, refused, slow, through].map(pageText), [
    'trying…',
    'not yet',
    'works',
    'works',
  ]);
  assert.deepEqual([unknown, refused, slow, through].map(liveText), [
    'trying…',
    'not yet',
    'not yet, facestream will use a slower way',
    'works',
  ]);
  assert.equal(adviceText(unknown, false), '');
  assert.match(adviceText(refused, false), /Follow the steps/);
  assert.match(adviceText({ ...refused, resting: true }, false), /No more tries/);
  assert.match(adviceText(slow, false), /can be opened/);
  assert.match(adviceText(through, true), /Opening/);
});

test('a name fits the drawing, and a fingerprint comes in groups', () => {
  assert.equal(shortName('facestream on attic'), 'facestream on attic');
  assert.equal(shortName(`facestream on ${'x'.repeat(50)}`).length, 24);
  assert.deepEqual(fingerprintGroups('AB:CD:EF:01'), ['ABCD', 'EF01']);
});
