import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moveNoteText, personAboutText, storedExampleText } from '../../js/texts/people.js';

test('a stored example says what it is, and what is the matter with it', () => {
  const example = { source: 'photo', created_at_ms: 0, has_crop: true, searched: true };
  assert.match(storedExampleText(example, 3), /^Example 3, photo, .*\b(1969|1970)\b/);
  assert.doesNotMatch(storedExampleText(example, 3), /model|picture is/);
  assert.match(storedExampleText({ ...example, has_crop: false }, 1), /no picture/);
  assert.match(storedExampleText({ ...example, searched: false }, 1), /another model/);
});

test('until when somebody is kept is told, if it is known', () => {
  const person = { templates: 1, created_at_ms: 0, expires_at_ms: null };
  assert.match(personAboutText(person), /^1 example, known since /);
  assert.doesNotMatch(personAboutText(person), /until/);
  const end = new Date(2027, 4, 2).getTime(); // the end of the day before
  assert.match(personAboutText({ ...person, expires_at_ms: end }), /until .*\b0?1\b/);
});

test('where chosen examples would go', () => {
  assert.match(moveNoteText({ display_name: 'Bob' }, 'bob'), /^Bob is known/);
  assert.match(moveNoteText(undefined, 'Cy'), /^Cy will be a new person/);
});
