import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Toast } from '../../js/page/toast.js';
import { FakeClock, FakeElement } from '../fakes.js';

let page;
beforeEach(() => {
  page = { activeElement: null };
  globalThis.document = page;
});
afterEach(() => {
  delete globalThis.document;
});

function setUp() {
  const clock = new FakeClock();
  const parts = {
    '.toast-text': new FakeElement('text'),
    '.toast-action': new FakeElement('action'),
    '.toast-close': new FakeElement('close'),
  };
  const container = new FakeElement('toast');
  container.hidden = true;
  for (const part of Object.values(parts)) container.insertBefore(part, null);
  container.querySelector = (selector) => parts[selector];
  const toast = new Toast(container, clock);
  const acts = [];
  return {
    toast,
    clock,
    container,
    acts,
    text: parts['.toast-text'],
    action: parts['.toast-action'],
    close: parts['.toast-close'],
    offer: (text = 'Gone.', seconds = 60) =>
      toast.offer(text, { label: 'Undo', seconds, act: () => acts.push(text) }),
    shown: () => (container.hidden ? null : parts['.toast-text'].textContent),
  };
}

describe('a message', () => {
  test('goes by itself, and what went wrong stays longer', () => {
    const { toast, clock, shown, container } = setUp();
    toast.say('Hello.');
    assert.equal(shown(), 'Hello.');
    assert.equal(container.dataset.tone, 'neutral');
    clock.advance(4000);
    assert.equal(shown(), null);
    toast.warn('Oh.');
    assert.equal(container.dataset.tone, 'bad');
    clock.advance(4000);
    assert.equal(shown(), 'Oh.');
    clock.advance(4000);
    assert.equal(shown(), null);
    assert.equal(clock.pending, 0);
  });

  test('offers nothing', () => {
    const { toast, action } = setUp();
    toast.say('Hello.');
    assert.equal(action.hidden, true);
  });
});

describe('an offer', () => {
  test('stays as long as it is good for', () => {
    const { clock, offer, shown, action } = setUp();
    offer('Gone.', 60);
    assert.equal(action.hidden, false);
    assert.equal(action.textContent, 'Undo');
    clock.advance(59_999);
    assert.equal(shown(), 'Gone.');
    clock.advance(1);
    assert.equal(shown(), null);
  });

  test('is taken once, and goes with that', () => {
    const { offer, acts, action, shown } = setUp();
    offer();
    action.fire('click');
    action.fire('click');
    assert.deepEqual(acts, ['Gone.']);
    assert.equal(shown(), null);
  });

  test('comes back after what was said meanwhile, for the rest of its time', () => {
    const { toast, clock, offer, shown, action, acts } = setUp();
    offer('Gone.', 60);
    toast.warn('Oh.');
    assert.equal(shown(), 'Oh.');
    assert.equal(action.hidden, true);
    clock.advance(8000);
    assert.equal(shown(), 'Gone.');
    assert.equal(action.hidden, false);
    action.fire('click');
    assert.deepEqual(acts, ['Gone.']);
    offer('Gone again.', 60);
    clock.advance(8000);
    toast.say('Hm.');
    clock.advance(4000 + 47_999);
    assert.equal(shown(), 'Gone again.');
    clock.advance(1);
    assert.equal(shown(), null);
  });

  test('whose time is over does not come back', () => {
    const { toast, clock, offer, shown } = setUp();
    offer('Gone.', 3);
    toast.say('Hello.');
    clock.advance(4000);
    assert.equal(shown(), null);
  });

  test('takes the place of an older one', () => {
    const { offer, acts, action } = setUp();
    offer('First.');
    offer('Second.');
    action.fire('click');
    assert.deepEqual(acts, ['Second.']);
  });

  test('that was closed does not come back', () => {
    const { toast, clock, offer, close, shown } = setUp();
    offer();
    close.fire('click');
    assert.equal(shown(), null);
    toast.say('Hello.');
    clock.advance(4000);
    assert.equal(shown(), null);
  });
});

test('the focus goes back to where it came from', () => {
  const { toast, clock, container, action, offer } = setUp();
  const before = { focus: () => (page.activeElement = before) };
  offer('Gone.', 1);
  container.fire('focusin', { relatedTarget: before });
  container.fire('focusin', { relatedTarget: action }); // from one button of the toast to another
  page.activeElement = action;
  clock.advance(1000);
  assert.equal(page.activeElement, before);
  toast.say('Hello.'); // without the focus in it, it takes none
  page.activeElement = null;
  clock.advance(4000);
  assert.equal(page.activeElement, null);
});
