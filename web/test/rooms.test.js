import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { describe, test } from 'node:test';

/**
 * What the modules of a room import beside each other: a room that is not here is handed over by
 * main.js. Types in comments are free.
 */
const MAY_IMPORT = Object.freeze({
  access: ['basics', 'texts'],
  basics: [],
  camera: ['basics', 'texts'],
  connection: ['basics', 'vendor'],
  enrolment: ['basics', 'gallery', 'texts'],
  faces: ['basics', 'texts'],
  figures: ['basics', 'texts'],
  files: ['basics', 'faces', 'texts'],
  gallery: ['basics', 'texts'],
  page: ['basics'],
  people: ['basics', 'gallery', 'texts'],
  texts: [],
});

/** What differs from one call to the next, or reaches out of the module. */
const EFFECTS = new RegExp(
  '(?<![.\\w])(document|window|navigator|location|localStorage|fetch|setTimeout|setInterval|' +
    'requestAnimationFrame|performance|console|WebSocket|Date\\.now|Math\\.random)\\b',
);
const PAGE = /(?<![.\w])(document|window)\b/;

const IMPORT = /^(?:import|export)\s[^;]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;

const folder = new URL('../js/', import.meta.url);
const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.js'));
const sources = new Map();
for (const path of paths) sources.set(path, await readFile(new URL(path, folder), 'utf8'));

const roomOf = (path) => path.split('/')[0];
const headOf = (source) => source.match(/^\/\*\*([^]*?)\*\//)?.[1] ?? '';
const codeOf = (source) => source.replace(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');

/** Paths in web/js of what the module imports; outside of it they begin with `../`. */
function importsOf(path, source) {
  return [...codeOf(source).matchAll(IMPORT)].map(([, ...found]) =>
    posix.join(posix.dirname(path), found.find((name) => name !== undefined)),
  );
}

/** Sentences, one for each rule that the module breaks. */
function violations(path, source) {
  const room = roomOf(path);
  const found = [];
  if (!headOf(source).trim()) found.push(`${path} does not begin with what it is`);
  for (const target of importsOf(path, source)) {
    const other = roomOf(target.replace('../', ''));
    if (other !== room && !MAY_IMPORT[room]?.includes(other)) found.push(`${path} imports ${target}`);
  }
  return [...found, ...untrue(path, source)];
}

/** What the first comment of the module promises, and its code does not keep. */
function untrue(path, source) {
  const found = [];
  const code = codeOf(source);
  if (isPure(source)) {
    if (EFFECTS.test(code)) found.push(`${path} uses ${code.match(EFFECTS)[1]}`);
    for (const target of importsOf(path, source)) {
      if (!isPure(sources.get(target) ?? '')) found.push(`${path} imports ${target}, not pure`);
    }
  }
  if (/knows no (page|DOM)/i.test(headOf(source)) && PAGE.test(code)) {
    found.push(`${path} knows a page`);
  }
  return found;
}

function isPure(source) {
  return /\bPure\b/.test(headOf(source));
}

test('a module knows only what its room may know, and is what it says it is', () => {
  const modules = [...sources].filter(([path]) => path !== 'main.js');
  assert.deepEqual(modules.flatMap(([path, source]) => violations(path, source)), []);
});

test('every module but the one that wires them is in a room, and every room has rules', () => {
  const rooms = new Set([...sources.keys()].map(roomOf));
  rooms.delete('main.js');
  assert.deepEqual([...rooms].sort(), Object.keys(MAY_IMPORT));
});

test('every text is that of a room, or of several', () => {
  const texts = [...sources.keys()].filter((path) => roomOf(path) === 'texts');
  const subjects = texts.map((path) => posix.basename(path, '.js'));
  const several = ['errors', 'words'];
  assert.deepEqual(subjects.filter((name) => !(name in MAY_IMPORT) && !several.includes(name)), []);
});

describe('what breaks a rule is found', () => {
  const of = (path, source) => violations(path, `/** What it is. */\n${source}\n`);
  const pure = (source) => violations('faces/new.js', `/** It. Pure. */\n${source}\n`);

  test('another room', () => {
    assert.deepEqual(of('faces/new.js', "import { Camera } from '../camera/camera.js';"), [
      'faces/new.js imports camera/camera.js',
    ]);
    assert.equal(of('basics/new.js', "import {\n  a,\n} from '../texts/words.js';").length, 1);
    assert.equal(of('texts/new.js', "export { a } from '../basics/clock.js';").length, 1);
    assert.equal(of('people/new.js', "import '../page/toast.js';").length, 1);
    assert.equal(of('people/new.js', "const a = await import('../page/toast.js');").length, 1);
    assert.equal(of('files/new.js', "import { a } from '../../vendor/a/index.mjs';").length, 1);
    assert.equal(of('people/new.js', "import { a } from '../main.js';").length, 1);
  });

  test('a clock or a page where there is none', () => {
    assert.deepEqual(pure('export const now = () => Date.now();'), ['faces/new.js uses Date.now']);
    assert.equal(pure("document.title = '';").length, 1);
    assert.equal(pure("import { syncList } from '../basics/sync-children.js';").length, 1);
    const source = "/** It; knows no page. */\ndocument.title = '';\n";
    assert.deepEqual(violations('faces/new.js', source), ['faces/new.js knows a page']);
  });

  test('a module that does not say what it is', () => {
    assert.equal(violations('faces/new.js', 'export const a = 1;\n').length, 1);
  });
});

test('what keeps the rules is let through', () => {
  const source = `/** It. Pure: times are handed in, no document. */
import { frameSize } from '../basics/geometry.js';
import { LOOKS } from './face-drawing.js';

/** @param {import('../camera/camera.js').Camera} camera */
export const a = (camera) => frameSize(camera.window, LOOKS); // not the document
`;
  assert.deepEqual(violations('faces/new.js', source), []);
});
