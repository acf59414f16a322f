import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeFileDrops } from '../../js/files/file-drops.js';
import { FakeElement } from '../fakes.js';

function setUp() {
  const page = new FakeElement('page');
  const [panel, stage, elsewhere] = ['panel', 'stage', 'elsewhere'].map((n) => new FakeElement(n));
  const taken = [];
  const open = { panel: true, stage: true };
  takeFileDrops(
    [panel, stage].map((element) => ({
      elements: [element],
      isOpen: () => open[element.name],
      take: (files) => taken.push([element.name, ...files]),
    })),
    page,
  );
  const event = (target, files = ['a.jpg'], types = ['Files']) => ({
    target,
    dataTransfer: { types, files, dropEffect: '' },
    prevented: false,
    preventDefault() {
      this.prevented = true;
    },
  });
  return { page, panel, stage, elsewhere, taken, open, event };
}

test('each place takes what is dropped on it', () => {
  const { page, panel, stage, taken, event } = setUp();
  page.fire('drop', event(stage));
  page.fire('drop', event(panel, ['b.jpg', 'c.jpg']));
  assert.deepEqual(taken, [['stage', 'a.jpg'], ['panel', 'b.jpg', 'c.jpg']]);
});

test('a file that falls beside all places does not make the browser leave the page', () => {
  const { page, elsewhere, taken, event } = setUp();
  const drop = event(elsewhere);
  page.fire('drop', drop);
  assert.equal(drop.prevented, true);
  assert.deepEqual(taken, []);
});

test('a place that is closed takes nothing, and says so while the file hovers', () => {
  const { page, stage, taken, open, event } = setUp();
  const hover = event(stage);
  page.fire('dragover', hover);
  assert.deepEqual([hover.dataTransfer.dropEffect, stage.dataset.drop], ['copy', 'true']);
  open.stage = false;
  page.fire('dragover', hover);
  assert.deepEqual([hover.dataTransfer.dropEffect, stage.dataset.drop], ['none', 'false']);
  page.fire('drop', event(stage));
  assert.deepEqual(taken, []);
});

test('what turns out to be no file is not taken', () => {
  const { page, stage, taken, event } = setUp();
  page.fire('drop', event(stage, []));
  assert.deepEqual(taken, []);
});

test('text that is dragged about is none of its business', () => {
  const { page, stage, taken, event } = setUp();
  const text = event(stage, [], ['text/plain']);
  page.fire('drop', text);
  assert.equal(text.prevented, false);
  assert.deepEqual(taken, []);
});
