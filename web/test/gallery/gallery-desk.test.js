import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RequestError } from '../../js/connection/request-error.js';
import { GalleryDesk } from '../../js/gallery/gallery-desk.js';
import { NO_FILE, reduceRestore } from '../../js/gallery/restore-state.js';
import { ERRORS } from '../../js/texts/errors.js';
import { RESTORED } from '../../js/texts/gallery.js';
import { FakePanel, answers } from '../fakes.js';

const file = { name: 'g.zip' };
const bad = () => new RequestError('bad_archive', 'no', false);

function setUp(...list) {
  const { ask, asked } = answers(...list);
  const panel = new FakePanel(reduceRestore, NO_FILE);
  const [said, told, reported] = [[], [], []];
  const desk = new GalleryDesk({
    api: { restore: ask, clear: ask, undo: ask },
    panel,
    undo: { tell: (text, undo, takeBack) => told.push({ text, undo, takeBack }) },
    say: (text) => said.push(text),
    report: (error) => reported.push(error),
  });
  return { desk, panel, asked, said, told, reported };
}

describe('restoring', () => {
  test('first asks what each mode would do, and changes nothing', async () => {
    const { desk, panel, asked } = setUp('plan m', 'plan r');
    await desk.check(file);
    assert.deepEqual(asked, [
      [file, 'merge', { preview: true }],
      [file, 'replace', { preview: true }],
    ]);
    assert.equal(panel.state.phase, 'choosing');
    assert.deepEqual(panel.state.plans, { merge: 'plan m', replace: 'plan r' });
  });

  test('then does what was chosen', async () => {
    const { desk, panel, asked, said } = setUp('plan m', 'plan r', {});
    await desk.check(file);
    await desk.restore(file, 'replace');
    assert.deepEqual(asked[2], [file, 'replace', { preview: false }]);
    assert.equal(panel.state, NO_FILE);
    assert.deepEqual(said, [RESTORED]);
  });

  test('of a file that is none says so', async () => {
    const { desk, panel } = setUp(bad());
    await desk.check(file);
    assert.equal(panel.state.phase, 'idle');
    assert.equal(panel.state.problem, ERRORS.bad_archive);
  });

  test('that fails can be tried again', async () => {
    const { desk, panel, said } = setUp('plan m', 'plan r', bad());
    await desk.check(file);
    await desk.restore(file, 'merge');
    assert.equal(panel.state.phase, 'choosing');
    assert.deepEqual(said, []);
  });
});

describe('clearing', () => {
  test('can be taken back', async () => {
    const undo = { undo_id: 'u', seconds: 60 };
    const { desk, told, asked } = setUp({ undo }, {});
    await desk.clear();
    assert.equal(told[0].undo, undo);
    await told[0].takeBack('u');
    assert.deepEqual(asked[1], ['u']);
  });

  test('that fails is reported', async () => {
    const { desk, told, reported } = setUp(bad());
    await desk.clear();
    assert.deepEqual(told, []);
    assert.equal(reported[0].code, 'bad_archive');
  });
});
