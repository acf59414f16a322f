import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RequestError } from '../../js/connection/request-error.js';
import { galleryFromHello } from '../../js/gallery/gallery.js';
import { PersonDesk } from '../../js/people/person-desk.js';
import { NOBODY, reducePerson } from '../../js/people/person-state.js';
import { ERRORS } from '../../js/texts/errors.js';
import { FakePanel, settle } from '../fakes.js';

const identity = (identity_id, display_name) => ({ identity_id, display_name, templates: 2 });
const ADA = identity('a', 'Ada');
const BOB = identity('b', 'Bob');
const UNDO = { undo_id: 'u', seconds: 60 };
const person = (one) => ({ ...one, note: null, expires_at_ms: null, examples: [] });
const refused = (code) => new RequestError(code, 'no', false);

/** A server that knows Ada and Bob. `world` says what it answers. */
function setUp() {
  const panel = new FakePanel(reducePerson, NOBODY);
  const world = {
    gallery: galleryFromHello({ revision: 1, identities: [ADA, BOB] }),
    change: { identity: ADA, undo: UNDO },
    asked: [],
    said: [],
    told: [],
  };
  const answer =
    (name) =>
    async (...args) => {
      world.asked.push([name, ...args]);
      await world.meanwhile?.();
      if (world.change instanceof Error) throw world.change;
      return world.change;
    };
  const api = Object.fromEntries(
    ['edit', 'merge', 'deletePerson', 'deleteExamples', 'moveExamples', 'undo'].map((name) => [
      name,
      answer(name),
    ]),
  );
  api.person = async (identityId) => {
    world.asked.push(['person', identityId]);
    const known = world.gallery.identities.find((one) => one.identity_id === identityId);
    if (!known) throw refused('no_such_identity');
    return person(known);
  };
  const desk = new PersonDesk({
    api,
    panel,
    gallery: () => world.gallery,
    undo: { tell: (text, undo, takeBack) => world.told.push({ text, undo, takeBack }) },
    say: (text) => world.said.push(text),
  });
  const galleryIs = (...identities) => {
    world.gallery = galleryFromHello({ revision: 2, identities });
    desk.galleryChanged();
  };
  return { desk, panel, world, api, galleryIs };
}

describe('opening', () => {
  test('fetches the person', async () => {
    const { desk, panel } = setUp();
    await desk.open('a');
    assert.equal(panel.state.person.display_name, 'Ada');
  });

  test('somebody who is gone closes again', async () => {
    const { desk, panel } = setUp();
    await desk.open('x');
    assert.equal(panel.state, NOBODY);
  });

  test('says what went wrong', async () => {
    const { desk, panel, api } = setUp();
    api.person = async () => {
      throw refused('overloaded');
    };
    await desk.open('a');
    assert.equal(panel.state.problem, ERRORS.overloaded);
  });

  test('an older answer does not take the place of a newer one', async () => {
    const { desk, panel, api } = setUp();
    const answers = [];
    api.person = () => new Promise((resolve) => answers.push(resolve));
    desk.open('a');
    desk.galleryChanged();
    answers[1](person({ ...ADA, display_name: 'Newer' }));
    await settle();
    answers[0](person({ ...ADA, display_name: 'Older' }));
    await settle();
    assert.equal(panel.state.person.display_name, 'Newer');
  });
});

describe('a change made elsewhere', () => {
  test('is fetched at once', async () => {
    const { desk, panel, galleryIs } = setUp();
    await desk.open('a');
    galleryIs({ ...ADA, display_name: 'Ada L.' }, BOB);
    await settle();
    assert.equal(panel.state.person.display_name, 'Ada L.');
  });

  test('that takes the person away closes the detail, and says so', async () => {
    const { desk, panel, world, galleryIs } = setUp();
    await desk.open('a');
    galleryIs(BOB);
    assert.equal(panel.state, NOBODY);
    assert.match(world.said[0], /Ada/);
  });

  test('is no matter while nobody is open', () => {
    const { world, galleryIs } = setUp();
    galleryIs(BOB);
    assert.deepEqual(world.asked, []);
    assert.deepEqual(world.said, []);
  });
});

describe('a change made here', () => {
  test('is asked for, and the person fetched anew', async () => {
    const { desk, panel, world } = setUp();
    await desk.open('a');
    await desk.edit({ note: 'May.' });
    assert.deepEqual(world.asked.slice(1), [
      ['edit', 'a', { note: 'May.' }],
      ['person', 'a'],
    ]);
    assert.equal(panel.state.busy, false);
    assert.equal(world.said.length, 1);
  });

  test('a name that is taken leads to the other person', async () => {
    const { desk, panel, world } = setUp();
    await desk.open('a');
    world.change = refused('name_taken');
    await desk.edit({ display_name: 'bob' });
    assert.equal(panel.state.problem, ERRORS.name_taken);
    assert.equal(panel.state.mergeInto, 'b');
  });

  test('other refusals lead to nobody', async () => {
    const { desk, panel, world } = setUp();
    await desk.open('a');
    world.change = refused('bad_name');
    await desk.edit({ display_name: 'Bob' });
    assert.equal(panel.state.problem, ERRORS.bad_name);
    assert.equal(panel.state.mergeInto, null);
  });

  test('a deletion can be taken back, and closes the detail without more words', async () => {
    const { desk, panel, world, galleryIs } = setUp();
    await desk.open('a');
    world.change = { identity: null, undo: UNDO };
    world.meanwhile = () => galleryIs(BOB); // the socket is quicker
    await desk.deletePerson();
    assert.equal(panel.state, NOBODY);
    assert.deepEqual(world.said, []);
    assert.equal(world.told[0].undo, UNDO);
    world.meanwhile = null;
    await world.told[0].takeBack('u');
    assert.deepEqual(world.asked.at(-1), ['undo', 'u']);
  });

  test('a deletion closes the detail where the socket is not quicker, too', async () => {
    const { desk, panel, world } = setUp();
    await desk.open('a');
    world.change = { identity: null, undo: UNDO };
    await desk.deletePerson();
    assert.equal(panel.state, NOBODY);
  });

  test('examples are deleted, with an offer to take it back', async () => {
    const { desk, world } = setUp();
    await desk.open('a');
    await desk.deleteExamples([1, 2]);
    assert.deepEqual(world.asked[1], ['deleteExamples', [1, 2]]);
    assert.equal(world.told[0].undo, UNDO);
    assert.match(world.told[0].text, /2 examples/);
  });

  test('examples are moved to somebody known by their id, to others by name', async () => {
    const { desk, world } = setUp();
    await desk.open('a');
    await desk.moveExamples([1], ' bob');
    await desk.moveExamples([2], 'Cy');
    const moves = world.asked.filter(([name]) => name === 'moveExamples');
    assert.deepEqual(moves, [
      ['moveExamples', [1], { into: 'b' }],
      ['moveExamples', [2], { display_name: 'Cy' }],
    ]);
  });

  test('after merging, the person who is left is opened, however quick the socket is', async () => {
    for (const quick of [true, false]) {
      const { desk, panel, world, galleryIs } = setUp();
      await desk.open('a');
      world.change = { identity: BOB, undo: null };
      if (quick) world.meanwhile = () => galleryIs(BOB);
      await desk.merge('b');
      await settle();
      assert.equal(panel.state.identityId, 'b');
      assert.match(world.told[0].text, /Ada is a part of Bob/);
    }
  });

  test('does not concern somebody who was opened meanwhile', async () => {
    for (const change of [refused('overloaded'), { identity: BOB, undo: null }]) {
      const { desk, panel, world } = setUp();
      await desk.open('a');
      world.change = change;
      world.meanwhile = () => desk.open('b');
      await (change instanceof Error ? desk.deleteExamples([1]) : desk.merge('b'));
      assert.equal(panel.state.identityId, 'b');
      assert.equal(panel.state.problem, null);
      if (change instanceof Error) assert.deepEqual(world.said, [ERRORS.overloaded]);
    }
  });
});
