import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  EMPTY_GALLERY,
  applyGalleryEvent,
  findById,
  findByName,
  galleryFromHello,
  searchByName,
} from '../../js/gallery/gallery.js';

const person = (identity_id, display_name, templates = 10) => ({
  identity_id,
  display_name,
  templates,
});
const event = (revision, changes = {}) => ({
  revision,
  cleared: false,
  removed: [],
  upserted: [],
  ...changes,
});
const names = (gallery) => gallery.identities.map((identity) => identity.display_name);

const two = galleryFromHello({ revision: 5, identities: [person('b', 'Bob'), person('a', 'Ada')] });

describe('galleryFromHello', () => {
  test('may hold nobody', () => {
    assert.deepEqual(galleryFromHello({ revision: 0, identities: [] }), {
      revision: 0,
      identities: [],
    });
  });

  test('is sorted by name: case and accents last, numbers as numbers', () => {
    const gallery = galleryFromHello({
      revision: 0,
      identities: ['zoë', 'Émile', 'Person 10', 'Person 9', 'eva', 'Ada'].map((name, index) =>
        person(String(index), name),
      ),
    });
    assert.deepEqual(names(gallery), ['Ada', 'Émile', 'eva', 'Person 9', 'Person 10', 'zoë']);
  });

  test('people of one name have a fixed order', () => {
    const identities = [person('2', 'Ada'), person('1', 'Ada')];
    for (const list of [identities, [...identities].reverse()]) {
      const gallery = galleryFromHello({ revision: 0, identities: list });
      assert.deepEqual(
        gallery.identities.map((identity) => identity.identity_id),
        ['1', '2'],
      );
    }
  });
});

describe('applyGalleryEvent', () => {
  test('the first event of an empty gallery', () => {
    const gallery = applyGalleryEvent(EMPTY_GALLERY, event(0, { upserted: [person('a', 'Ada')] }));
    assert.deepEqual(names(gallery), ['Ada']);
  });

  test('adds somebody in their place', () => {
    const gallery = applyGalleryEvent(two, event(6, { upserted: [person('z', 'Al')] }));
    assert.deepEqual(names(gallery), ['Ada', 'Al', 'Bob']);
    assert.equal(gallery.revision, 6);
  });

  test('changes somebody who is there', () => {
    const gallery = applyGalleryEvent(two, event(6, { upserted: [person('a', 'Zelda', 20)] }));
    assert.deepEqual(gallery.identities, [person('b', 'Bob'), person('a', 'Zelda', 20)]);
  });

  test('removes somebody, and nobody who is not there', () => {
    assert.deepEqual(names(applyGalleryEvent(two, event(6, { removed: ['a', 'x'] }))), ['Bob']);
  });

  test('clears, then removes, then adds', () => {
    const gallery = applyGalleryEvent(
      two,
      event(6, { cleared: true, removed: ['c'], upserted: [person('c', 'Cy')] }),
    );
    assert.deepEqual(names(gallery), ['Cy']);
  });

  test('what is contained already changes nothing', () => {
    assert.equal(applyGalleryEvent(two, event(5, { cleared: true })), two);
    assert.equal(applyGalleryEvent(two, event(4, { removed: ['a'] })), two);
  });

  test('leaves the gallery that it was given alone', () => {
    applyGalleryEvent(two, event(6, { cleared: true }));
    assert.deepEqual(names(two), ['Ada', 'Bob']);
  });
});

describe('findByName', () => {
  test('finds nobody in an empty gallery, and nobody without a name', () => {
    assert.equal(findByName(EMPTY_GALLERY, 'Ada'), undefined);
    assert.equal(findByName(two, ''), undefined);
  });

  test('case and spaces around do not matter', () => {
    assert.equal(findByName(two, '  aDA ')?.identity_id, 'a');
  });

  test('composed and decomposed letters are the same', () => {
    const gallery = galleryFromHello({ revision: 0, identities: [person('z', 'Zoë')] });
    assert.equal(findByName(gallery, 'zoe\u0308')?.identity_id, 'z');
  });

  test('a part of a name is not the name', () => {
    assert.equal(findByName(two, 'Ad'), undefined);
  });
});

test('findById finds who has that id', () => {
  assert.equal(findById(EMPTY_GALLERY, 'a'), undefined);
  assert.equal(findById(two, 'b')?.display_name, 'Bob');
});

describe('searchByName', () => {
  const people = ['Zoë Müller', 'Anna-Lena', 'Bob'].map((name) => person(name, name));
  const found = (query) => searchByName(people, query).map((one) => one.display_name);

  test('without a word everybody is found', () => {
    assert.deepEqual(found(''), ['Zoë Müller', 'Anna-Lena', 'Bob']);
    assert.equal(searchByName(people, '  '), people);
    assert.deepEqual(searchByName([], 'a'), []);
  });

  test('case and accents do not matter, on neither side', () => {
    assert.deepEqual(found('zoe'), ['Zoë Müller']);
    assert.deepEqual(found('MÜL'), ['Zoë Müller']);
    assert.deepEqual(found('bób'), ['Bob']);
  });

  test('each word has to be in the name, in any order', () => {
    assert.deepEqual(found('mu zo'), ['Zoë Müller']);
    assert.deepEqual(found('zo bob'), []);
    assert.deepEqual(found('lena'), ['Anna-Lena']);
  });
});
