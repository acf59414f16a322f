import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { permissionsOf } from '../../js/access/roles.js';

const html = await readFile(new URL('../../index.html', import.meta.url), 'utf8');

/** The opening tag of the element with this id. */
const tag = (id) => html.match(new RegExp(`<[a-z]+ [^>]*id="${id}"[^>]*>`))[0];

test('each role may do what those before it may', () => {
  assert.deepEqual(permissionsOf('viewer'), { role: 'viewer', operate: false, manage: false });
  assert.deepEqual(permissionsOf('operator'), { role: 'operator', operate: true, manage: false });
  assert.deepEqual(permissionsOf('admin'), { role: 'admin', operate: true, manage: true });
});

test('a role of a newer server may watch', () => {
  for (const role of ['owner', '', undefined]) assert.equal(permissionsOf(role).role, 'viewer');
});

test('what adds people is marked as for operators', () => {
  for (const id of ['tab-capture', 'capture-panel', 'photo-panel']) {
    assert.match(tag(id), /\bfor-operators\b/, id);
  }
});

test('what changes people and the server is marked as for admins', () => {
  for (const id of [
    'person-form',
    'person-merge-section',
    'person-delete',
    'person-selection',
    'gallery-file',
    'health',
    'foreign',
    'join-open',
  ]) {
    assert.match(tag(id), /\bfor-admins\b/, id);
  }
});
