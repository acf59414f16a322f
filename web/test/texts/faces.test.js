import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { faceLabel, whyText } from '../../js/texts/faces.js';

test('a face has a name with its confidence, or is unknown', () => {
  assert.deepEqual(faceLabel({ name: 'Ada', confidence: 0.973 }), { name: 'Ada', detail: '97 %' });
  assert.deepEqual(faceLabel({ name: null, confidence: 0.4 }), { name: 'unknown', detail: '' });
});

describe('why a face has its name, or none', () => {
  const anna = { display_name: 'Anna', similarity: 0.41 };
  const bob = { display_name: 'Bob', similarity: 0.395 };
  const why = (fields) =>
    whyText({
      name: null,
      confidence: 0.2,
      reason: 'too_far',
      similarity: 0.41,
      threshold: 0.52,
      lead_needed: 0.05,
      candidates: [anna, bob],
      ...fields,
    });

  test('it is known', () => {
    const known = { name: 'Anna', reason: null, similarity: 0.71, confidence: 0.97 };
    assert.equal(why(known), 'Looks like Anna, 0.71, and 0.52 is needed. 97 % certain.');
  });

  test('it is too far', () => {
    assert.equal(why({}), 'Looks most like Anna, 0.41, but 0.52 is needed.');
  });

  test('two are as close', () => {
    const text = why({ reason: 'ambiguous', similarity: 0.6 });
    assert.match(text, /Anna, 0\.60.*Bob.*0\.05/);
    assert.match(why({ reason: 'ambiguous', candidates: [anna] }), /examples agree/);
  });

  test('it is a poor face, or was rejected', () => {
    assert.match(why({ reason: 'poor_face' }), /small.*blurred/);
    assert.match(why({ reason: 'rejected' }), /is not Anna/);
  });

  test('nobody is known', () => {
    const nobody = why({ reason: 'gallery_empty', candidates: [] });
    assert.equal(nobody, 'Nobody is known yet, so nobody can be recognised.');
    assert.equal(why({ candidates: [] }), nobody);
  });

  test('a reason of a newer server still has its figures', () => {
    assert.match(why({ reason: 'bad_luck' }), /Anna, 0\.41.*0\.52/);
  });
});
