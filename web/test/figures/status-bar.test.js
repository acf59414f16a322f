import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StatusBar } from '../../js/figures/status-bar.js';

const FIGURES = { framesPerSecond: 2, latencyMs: 900 };

function setUp() {
  const element = () => ({
    dataset: {},
    textContent: '',
    attributes: {},
    setAttribute(name, value) {
      this.attributes[name] = value;
    },
  });
  const text = element();
  const chip = { ...element(), querySelector: () => text };
  const parts = { '#status-connection': chip, '#status-fps': element(), '#status-latency': element() };
  const bar = new StatusBar({ querySelector: (selector) => parts[selector] });
  return { bar, chip, text };
}

describe('StatusBar', () => {
  test('what is live but slow is still live, and called slow', () => {
    const { bar, chip, text } = setUp();
    bar.showConnection({ state: 'live' }, 'socket');
    assert.equal(chip.dataset.quality, 'good');
    bar.showFigures(FIGURES, 'slow');
    assert.deepEqual(chip.dataset, { state: 'live', quality: 'slow', transport: 'socket' });
    assert.match(text.textContent, /slow/);
    bar.showFigures(FIGURES, 'good');
    assert.equal(text.textContent, 'Live');
  });

  test('the slower way is said, slow or not: it explains why', () => {
    const { bar, chip, text } = setUp();
    bar.showConnection({ state: 'live' }, 'tunnel');
    bar.showFigures(FIGURES, 'slow');
    assert.equal(chip.dataset.transport, 'tunnel');
    assert.match(text.textContent, /slower way/);
  });

  test('a device without a network does not wait for the server, and says so', () => {
    const { bar, chip, text } = setUp();
    bar.showConnection({ state: 'reconnecting', retryInS: 3 }, 'socket');
    assert.match(text.textContent, /3 s/);
    bar.showOnline(false);
    assert.equal(text.textContent, 'No network');
    assert.equal(chip.dataset.state, 'reconnecting');
    bar.showOnline(true);
    assert.match(text.textContent, /3 s/);
  });

  test('a count-down is not spoken', () => {
    const { bar, chip } = setUp();
    bar.showConnection({ state: 'live' }, 'socket');
    assert.equal(chip.attributes['aria-live'], 'polite');
    bar.showConnection({ state: 'reconnecting', retryInS: 3 }, 'socket');
    assert.equal(chip.attributes['aria-live'], 'off');
  });
});
