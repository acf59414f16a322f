import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONNECTION_NOTICES, connectionText } from '../../js/texts/connection.js';

test('there is a notice for every reason to stay closed, with a way out', () => {
  for (const reason of ['version', 'fault', 'elsewhere', 'idle']) {
    assert.ok(CONNECTION_NOTICES[reason].action, reason);
  }
});

test('the wait for the server is counted down', () => {
  assert.match(connectionText({ state: 'reconnecting', retryInS: 7 }), /7 s/);
  assert.match(connectionText({ state: 'reconnecting', retryInS: null }), /Reconnecting/);
  assert.equal(connectionText({ state: 'reconnecting', retryInS: 7, offline: true }), 'No network');
});

test('what is live but slow is called so', () => {
  assert.equal(connectionText({ state: 'live' }), 'Live');
  assert.match(connectionText({ state: 'live', slow: true }), /slow/);
  assert.match(connectionText({ state: 'reconnecting', retryInS: 7, slow: true }), /7 s/);
});

test('a live connection by the slower way says so', () => {
  assert.equal(connectionText({ state: 'live', transport: 'socket' }), 'Live');
  assert.match(connectionText({ state: 'live', transport: 'tunnel' }), /^Live.*slower/);
  assert.doesNotMatch(connectionText({ state: 'reconnecting', transport: 'tunnel' }), /slower/);
});
