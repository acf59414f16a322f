import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinStatusText, timeLeftText } from '../../js/texts/access.js';

test('the time of a join link is told in minutes and seconds', () => {
  assert.match(timeLeftText(600), /\b10:00\b/);
  assert.match(timeLeftText(61), /\b1:01\b/);
  assert.match(timeLeftText(9), /\b0:09\b/);
});

test('a join link says what the phone may do with it', () => {
  const text = (role, link) => joinStatusText({ phase: 'ready', role, link: { role: link ?? role } });
  assert.match(text('viewer'), /nothing else/);
  assert.match(text('operator'), /add people/);
  assert.match(text('viewer', 'admin'), /everything/);
  assert.equal(joinStatusText({ phase: 'failed', problem: 'So it is.' }), 'So it is.');
});
