import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appUrl, codeOf, goesByItself, reachUrls } from '../../trust/destination.js';

const AT_HOME = { hostname: '192.168.1.20', hash: '' };
const INVITED = { hostname: '192.168.1.20', hash: '#aB3_-x' };
const THROUGH = { page: true, live: true, waited: false, resting: false };

test('the app is at the same host, at the port that the server told', () => {
  assert.equal(appUrl(AT_HOME, 8443), 'https://192.168.1.20:8443/');
  assert.equal(appUrl({ hostname: '[fd00::20]', hash: '' }, 9), 'https://[fd00::20]:9/');
  assert.deepEqual(reachUrls(AT_HOME, 8443), {
    page: 'https://192.168.1.20:8443/reach',
    live: 'wss://192.168.1.20:8443/reach',
  });
});

test('who was invited gets to the door that takes the invitation', () => {
  assert.equal(appUrl(INVITED, 8443), 'https://192.168.1.20:8443/join?code=aB3_-x');
});

test('what is no code is none, and gets into no address', () => {
  for (const hash of ['', '#', '#a b', '#a&token=x', '#../x', '#%2e', '#ä', 'abc', '#a#b', '#a\n']) {
    assert.equal(codeOf({ hash }), null, hash);
    assert.equal(appUrl({ hostname: 'attic.local', hash }, 1), 'https://attic.local:1/', hash);
  }
});

test('it goes there by itself for who followed the steps, and for who was invited', () => {
  assert.equal(goesByItself({ ...THROUGH, waited: true }, AT_HOME), true);
  assert.equal(goesByItself(THROUGH, INVITED), true);
});

test('it stays for who may have come to read, and where the live connection fails', () => {
  assert.equal(goesByItself(THROUGH, AT_HOME), false);
  assert.equal(goesByItself({ ...THROUGH, live: false, waited: true }, INVITED), false);
  assert.equal(goesByItself({ ...THROUGH, page: null, live: null }, INVITED), false);
});
