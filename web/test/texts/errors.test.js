import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { ERRORS, errorText } from '../../js/texts/errors.js';

const contract = await readFile(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

test('there is a sentence for every error that a person can do something about', () => {
  const [, table] = contract.match(/## Error codes\n([^]*?)\n## /);
  const codes = [...table.matchAll(/^\| `([a-z_]+)`/gm)].map(([, code]) => code);
  assert.ok(codes.length >= 15);
  // Faults of the program: the server's own sentence says more than one made up here.
  const told = ['bad_message', 'unsupported_version', 'internal'];
  // The close code has a notice of its own; and a refused upgrade tells a page no reason.
  told.push('resumed_elsewhere', 'idle', 'too_many_connections');
  for (const code of codes) {
    assert.equal(code in ERRORS, !told.includes(code), code);
  }
});

describe('errorText', () => {
  test('prefers our sentence, then the server’s', () => {
    assert.equal(errorText({ code: 'bad_name', message: 'x' }), ERRORS.bad_name);
    assert.equal(errorText({ code: 'brand_new', message: 'The server says so.' }), 'The server says so.');
  });

  test('shows nobody a stack trace', () => {
    assert.equal(errorText(new TypeError('x is not a function')), ERRORS.page_fault);
    assert.equal(errorText(undefined), ERRORS.page_fault);
  });
});
