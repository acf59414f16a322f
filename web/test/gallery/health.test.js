import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findings } from '../../js/gallery/health.js';

const ada = { identity_id: 'a', display_name: 'Ada', templates: 2 };
const bob = { identity_id: 'b', display_name: 'Bob', templates: 5 };
const NOTHING = Object.freeze({ outliers: [], alike: [], few: [], uniform: [] });

test('where all is well there is nothing to look at', () => {
  assert.deepEqual(findings(NOTHING), []);
});

test('each finding leads to the person, with what is meant', () => {
  const health = {
    outliers: [{ ...ada, template_id: 7, similarity: 0.1 }],
    alike: [{ identities: [ada, bob], similarity: 0.6, threshold: 0.5 }],
    few: [ada],
    uniform: [{ ...bob, similarity: 0.98 }],
  };
  const found = findings(health);
  assert.deepEqual(
    found.map(({ kind, identityId, templateId, other }) => [kind, identityId, templateId, other]),
    [
      ['alike', 'a', null, 'b'],
      ['outlier', 'a', 7, null],
      ['few', 'a', null, null],
      ['uniform', 'b', null, null],
    ],
  );
  for (const { text } of found) assert.match(text, /Ada|Bob/);
  assert.match(found[0].text, /Ada.*Bob/);
});
