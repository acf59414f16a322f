import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { JOIN_MINUTES, JoinDesk } from '../../js/access/join-desk.js';
import { NO_JOIN, reduceJoin } from '../../js/access/join-state.js';
import { RequestError } from '../../js/connection/request-error.js';
import { LINK_COPIED, LINK_NOT_COPIED } from '../../js/texts/access.js';
import { ERRORS } from '../../js/texts/errors.js';
import { FakeClock, FakePanel, answers, settle } from '../fakes.js';

const link = (role) => ({ url: `https://a/join?code=${role}`, role, qr_svg: '<svg/>' });

function setUp(...links) {
  const clock = new FakeClock();
  const { ask, asked } = answers(...links);
  const panel = new FakePanel(reduceJoin, NO_JOIN);
  const [copied, said, warned] = [[], [], []];
  const desk = new JoinDesk({
    ask,
    panel,
    copy: async (text) => copied.push(text),
    say: (text) => said.push(text),
    warn: (text) => warned.push(text),
    clock,
  });
  return { desk, panel, clock, asked, copied, said, warned };
}

describe('a link for a phone', () => {
  test('is asked for as a viewer’s first, then with the role that was chosen', async () => {
    const { desk, panel, asked } = setUp(link('viewer'), link('operator'), link('operator'));
    await desk.open();
    await desk.open('operator');
    desk.close();
    await desk.open();
    assert.deepEqual(
      asked.map(([wish]) => wish),
      ['viewer', 'operator', 'operator'].map((role) => ({ role, minutes: JOIN_MINUTES })),
    );
    assert.deepEqual([panel.state.phase, panel.state.link.role], ['ready', 'operator']);
  });

  test('counts down to its end, and no further', async () => {
    const { desk, panel, clock } = setUp(link('viewer'));
    await desk.open();
    assert.equal(panel.state.leftS, JOIN_MINUTES * 60);
    clock.advance(61_000);
    assert.equal(panel.state.leftS, JOIN_MINUTES * 60 - 61);
    clock.advance(JOIN_MINUTES * 60_000);
    assert.equal(panel.state.phase, 'over');
    assert.equal(clock.pending, 0);
  });

  test('is asked for anew when its time was over', async () => {
    const { desk, panel, clock } = setUp(link('viewer'), link('viewer'));
    await desk.open();
    clock.advance(JOIN_MINUTES * 60_000);
    await desk.open();
    assert.deepEqual([panel.state.phase, panel.state.leftS], ['ready', JOIN_MINUTES * 60]);
  });

  test('of a role that was chosen before is passed over when it comes late', async () => {
    const late = [];
    const { panel, clock } = setUp();
    const desk = new JoinDesk({
      ask: ({ role }) => new Promise((resolve) => late.push(() => resolve(link(role)))),
      panel,
      copy: async () => {},
      say: () => {},
      warn: () => {},
      clock,
    });
    desk.open('viewer');
    desk.open('operator');
    const [first, second] = late;
    second();
    await settle();
    first();
    await settle();
    assert.equal(panel.state.link.role, 'operator');
    assert.equal(clock.pending, 1);
  });

  test('does not count down when the panel was closed', async () => {
    const { desk, panel, clock } = setUp(link('viewer'));
    await desk.open();
    desk.close();
    assert.equal(clock.pending, 0);
    assert.equal(panel.state.phase, 'closed');
  });

  test('is not opened again by an answer that comes after the closing', async () => {
    const { desk, panel, clock } = setUp(link('viewer'));
    const opening = desk.open();
    desk.close();
    await opening;
    assert.deepEqual([panel.state.phase, clock.pending], ['closed', 0]);
  });

  test('has no end where everybody is an admin', async () => {
    const { desk, panel, clock } = setUp(link('admin'));
    await desk.open();
    assert.deepEqual([panel.state.phase, panel.state.leftS, clock.pending], ['ready', null, 0]);
  });

  test('that the server refuses says why', async () => {
    const { desk, panel } = setUp(new RequestError('not_allowed', 'x', false));
    await desk.open();
    assert.deepEqual([panel.state.phase, panel.state.problem], ['failed', ERRORS.not_allowed]);
  });
});

describe('copying', () => {
  test('puts the link into the clipboard, and says so', async () => {
    const { desk, copied, said } = setUp(link('viewer'));
    await desk.copy();
    assert.deepEqual(copied, []); // there is none yet
    await desk.open();
    await desk.copy();
    assert.deepEqual([copied, said], [['https://a/join?code=viewer'], [LINK_COPIED]]);
  });

  test('that the browser refuses says what to do', async () => {
    const { panel, clock, warned } = setUp();
    const desk = new JoinDesk({
      ask: async () => link('viewer'),
      panel,
      copy: async () => {
        throw new TypeError('navigator.clipboard is undefined');
      },
      say: () => {},
      warn: (text) => warned.push(text),
      clock,
    });
    await desk.open();
    await desk.copy();
    assert.deepEqual(warned, [LINK_NOT_COPIED]);
  });
});
