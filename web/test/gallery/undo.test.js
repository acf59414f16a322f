import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UndoOffers } from '../../js/gallery/undo.js';
import { UNDONE } from '../../js/texts/gallery.js';
import { answers, settle } from '../fakes.js';

function setUp() {
  const said = [];
  const offered = [];
  const reported = [];
  const toast = {
    say: (text) => said.push(text),
    offer: (text, offer) => offered.push({ text, ...offer }),
  };
  const undo = new UndoOffers(toast, (error) => reported.push(error));
  return { undo, said, offered, reported };
}

test('what is for good is only said', () => {
  for (const nothing of [null, undefined]) {
    const { undo, said, offered } = setUp();
    undo.tell('Gone.', nothing, () => assert.fail());
    assert.deepEqual(said, ['Gone.']);
    assert.deepEqual(offered, []);
  }
});

test('what can be taken back is offered for as long, and taken back by its id', async () => {
  const { undo, said, offered } = setUp();
  const { ask, asked } = answers({});
  undo.tell('Gone.', { undo_id: 'u', seconds: 60 }, ask);
  assert.equal(offered[0].text, 'Gone.');
  assert.equal(offered[0].seconds, 60);
  offered[0].act();
  await settle();
  assert.deepEqual(asked, [['u']]);
  assert.deepEqual(said, [UNDONE]);
});

test('that it came too late is reported', async () => {
  const { undo, said, offered, reported } = setUp();
  const late = new Error('late');
  undo.tell('Gone.', { undo_id: 'u', seconds: 60 }, answers(late).ask);
  offered[0].act();
  await settle();
  assert.deepEqual(reported, [late]);
  assert.deepEqual(said, []);
});
