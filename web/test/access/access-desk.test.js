import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AccessDesk, LOOK_MS } from '../../js/access/access-desk.js';
import { RequestError } from '../../js/connection/request-error.js';
import { holderText, revokedText } from '../../js/texts/access.js';
import { ERRORS } from '../../js/texts/errors.js';
import { FakeClock, answers, settle } from '../fakes.js';

const ANNA = Object.freeze({ token_id: '0123abcd', name: 'Anna’s phone' });
const listed = (...tokens) => ({ tokens });

function setUp(...given) {
  const clock = new FakeClock();
  const { ask, asked } = answers(...given);
  const [shown, said, warned] = [[], [], []];
  const desk = new AccessDesk({
    rest: { get: (path) => ask('GET', path), send: ask },
    list: { show: (tokens) => shown.push(tokens.map(({ name }) => name)) },
    say: (text) => said.push(text),
    warn: (text) => warned.push(text),
    clock,
  });
  return { desk, clock, asked, shown, said, warned };
}

describe('who has access', () => {
  test('is asked for when it is looked at, again and again, and not afterwards', async () => {
    const { desk, clock, asked, shown } = setUp(listed(), listed(ANNA));
    await desk.open();
    clock.advance(LOOK_MS);
    await settle();
    desk.close();
    clock.advance(10 * LOOK_MS);
    assert.deepEqual(shown, [[], [ANNA.name], []]);
    assert.deepEqual(asked, [['GET', '/api/tokens'], ['GET', '/api/tokens']]);
    assert.equal(clock.pending, 0);
  });

  test('stays as it was when the server does not answer, and is asked for again', async () => {
    const lost = new RequestError('connection_lost', 'x', true);
    const { desk, clock, shown, warned } = setUp(listed(ANNA), lost, listed());
    await desk.open();
    clock.advance(LOOK_MS);
    await settle();
    assert.deepEqual([shown, warned], [[[ANNA.name]], []]);
    clock.advance(LOOK_MS);
    await settle();
    assert.deepEqual(shown, [[ANNA.name], []]);
  });

  test('is passed over when it comes after the panel was closed', async () => {
    const { desk, clock, shown } = setUp(listed(ANNA));
    const opening = desk.open();
    desk.close();
    await opening;
    assert.deepEqual([shown, clock.pending], [[[]], 0]);
  });
});

describe('taking access back', () => {
  test('says so, and looks who is left', async () => {
    const { desk, asked, shown, said } = setUp(listed(ANNA), { token_id: ANNA.token_id }, listed());
    await desk.open();
    await desk.revoke({ tokenId: ANNA.token_id, name: ANNA.name });
    assert.deepEqual(asked[1], ['DELETE', '/api/tokens/0123abcd']);
    assert.deepEqual([said, shown], [[revokedText(ANNA.name)], [[ANNA.name], []]]);
  });

  test('that fails says why', async () => {
    const gone = new RequestError('no_such_token', 'x', false);
    const { desk, said, warned } = setUp(listed(ANNA), gone, listed());
    await desk.open();
    await desk.revoke({ tokenId: ANNA.token_id, name: ANNA.name });
    assert.deepEqual([said, warned], [[], [ERRORS.no_such_token]]);
  });
});

describe('a line about a holder', () => {
  const noon = Date.UTC(2027, 0, 15, 12);
  const holder = {
    role: 'viewer',
    own: false,
    created_at_ms: noon,
    last_used_at_ms: null,
    expires_at_ms: null,
  };
  const day = (ms) => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' }).format(ms);

  for (const [what, fields, text] of [
    ['that was never seen', {}, `May watch, since ${day(noon)}`],
    ['that is here', { last_used_at_ms: noon - 59_000 }, `May watch, since ${day(noon)}, here now`],
    [
      'that was here, and ends',
      { role: 'operator', last_used_at_ms: noon - 60_000, expires_at_ms: noon + 1 },
      `May add people, since ${day(noon)}, last seen ${day(noon)}, until ${day(noon)}`,
    ],
    ['that is this page', { role: 'admin', created_at_ms: null, own: true }, 'May do everything, this device'],
    ['of a role of a newer server', { role: 'owner', created_at_ms: null }, 'owner'],
  ]) {
    test(what, () => assert.equal(holderText({ ...holder, ...fields }, noon), text));
  }
});
