import assert from 'node:assert/strict';
import { test } from 'node:test';
import { syncChildren, syncList } from '../../js/basics/sync-children.js';
import { FakeElement } from '../fakes.js';

const names = (list) => list.children.map((child) => child.name);

function setUp(...initial) {
  const list = new FakeElement('list');
  const show = (values) =>
    syncList(list, values, {
      key: (value) => value.id,
      make: (value) => new FakeElement(value.id),
      fill: (child, value, index) => {
        child.textContent = `${index} ${value.text ?? ''}`;
      },
    });
  show(initial);
  return { list, show };
}

test('makes one child a value, and none for none', () => {
  const { list, show } = setUp({ id: 'a' }, { id: 'b' });
  assert.deepEqual(names(list), ['a', 'b']);
  show([]);
  assert.deepEqual(names(list), []);
});

test('what stays is the same child, filled anew, and was never taken out', () => {
  const { list, show } = setUp({ id: 'a' }, { id: 'b' }, { id: 'c' });
  const [, b, c] = list.children;
  show([{ id: 'b', text: 'new' }, { id: 'c' }]);
  assert.deepEqual(list.children, [b, c]);
  assert.equal(b.textContent, '0 new');
  assert.equal(b.removals, undefined);
  assert.equal(c.removals, undefined);
});

test('new ones come in their place', () => {
  const { list, show } = setUp({ id: 'a' }, { id: 'c' });
  const before = [...list.children];
  show([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
  assert.deepEqual(names(list), ['a', 'b', 'c']);
  for (const child of before) assert.equal(child.removals, undefined);
});

test('another order is followed', () => {
  const { list, show } = setUp({ id: 'a' }, { id: 'b' }, { id: 'c' });
  show([{ id: 'c' }, { id: 'a' }, { id: 'b' }]);
  assert.deepEqual(names(list), ['c', 'a', 'b']);
});

test('a key that is a number finds its child again', () => {
  const { list, show } = setUp({ id: 1 });
  const [child] = list.children;
  show([{ id: 1 }]);
  assert.equal(list.children[0], child);
});

test('syncChildren takes out what does not belong', () => {
  const list = new FakeElement('list');
  const [a, b] = [new FakeElement('a'), new FakeElement('b')];
  syncChildren(list, [a]);
  syncChildren(list, [b]);
  assert.deepEqual(names(list), ['b']);
});
