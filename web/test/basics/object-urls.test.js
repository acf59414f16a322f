import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ObjectUrls } from '../../js/basics/object-urls.js';

function setUp() {
  const given = [];
  let made = 0;
  const urls = new ObjectUrls({ make: () => `blob:${++made}`, giveBack: (url) => given.push(url) });
  return { urls, given };
}

const jpeg = new Uint8Array([1]);

test('one picture has one address', () => {
  const { urls } = setUp();
  assert.equal(urls.of('a', jpeg), urls.of('a', jpeg));
  assert.notEqual(urls.of('a', jpeg), urls.of('b', jpeg));
});

test('addresses that are not needed any more are given back, once', () => {
  const { urls, given } = setUp();
  const [a, b] = [urls.of('a', jpeg), urls.of('b', jpeg)];
  urls.keepOnly(['b']);
  assert.deepEqual(given, [a]);
  urls.keepOnly([]);
  urls.keepOnly([]);
  assert.deepEqual(given, [a, b]);
  assert.notEqual(urls.of('a', jpeg), a);
});
