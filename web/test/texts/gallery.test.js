import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { foreignText, namesText, planLines } from '../../js/texts/gallery.js';

test('many names are not all listed', () => {
  assert.equal(namesText([]), '');
  assert.equal(namesText(['A', 'B']), 'A, B');
  assert.equal(namesText([...'ABCDE']), 'A, B, C, D, E');
  assert.equal(namesText([...'ABCDEFG']), 'A, B, C, D, E and 2 more');
});

describe('what restoring would do', () => {
  const plan = {
    people_new: ['Cy'],
    people_changed: [{ display_name: 'Ada', added: 4 }],
    people_removed: ['Bob', 'Dan'],
    examples_new: 14,
    examples_known: 20,
  };
  const nothing = {
    people_new: [],
    people_changed: [],
    people_removed: [],
    examples_new: 0,
    examples_known: 20,
  };

  test('those who go are told first', () => {
    assert.deepEqual(planLines(plan, 'replace'), [
      '2 people are deleted: Bob, Dan.',
      '1 person is added: Cy.',
      'More examples for Ada (4).',
      '14 examples to add, 20 known already.',
      'Examples that are not in the file are deleted.',
    ]);
  });

  test('that nothing is missing is said of adding only', () => {
    assert.equal(planLines(nothing, 'merge')[0], 'Nothing is missing here.');
    assert.equal(planLines(nothing, 'merge').length, 2);
    assert.match(planLines(nothing, 'replace').at(-1), /are deleted/);
  });
});

test('examples of another model', () => {
  const none = { running: false, done: 0, total: 40, without_crop: 0 };
  const status = (fields) => foreignText({ ...none, ...fields });
  assert.match(status({}), /^40 examples were made by another model, and are not searched\.$/);
  assert.match(status({ total: 1 }), /^1 example was made .* is not searched/);
  assert.match(status({ without_crop: 2 }), /2 of them cannot/);
  const running = status({ running: true, done: 9, without_crop: 2 });
  assert.equal(running, '9 of 38 examples are embedded anew…');
  assert.match(status({ done: 40 }), /are searched now/);
  assert.match(status({ done: 38, without_crop: 2 }), /^2 examples were made/);
});
