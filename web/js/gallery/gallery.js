/** Who is known: hello and gallery events -> a list sorted by name. Pure; values are not mutated. */

/** @typedef {{identity_id: string, display_name: string, templates: number}} Identity */
/** @typedef {{revision: number, identities: readonly Identity[]}} Gallery sorted by name */

// People of one name stay apart by their id, so that the order does not jump.
const byName = new Intl.Collator(undefined, { sensitivity: 'base', numeric: true });

/** Nobody; what is shown before the first hello. @type {Gallery} */
export const EMPTY_GALLERY = Object.freeze({ revision: -1, identities: Object.freeze([]) });

/**
 * The gallery of a `hello`. It takes the place of whatever was known before: the server may have
 * been restarted with another gallery.
 * @param {{revision: number, identities: Identity[]}} fields
 * @returns {Gallery}
 */
export function galleryFromHello({ revision, identities }) {
  return { revision, identities: sorted(identities) };
}

/**
 * `gallery` after a `gallery` event. An event that is contained already changes nothing.
 * @param {Gallery} gallery
 * @param {{revision: number, cleared: boolean, removed: string[], upserted: Identity[]}} event
 * @returns {Gallery}
 */
export function applyGalleryEvent(gallery, { revision, cleared, removed, upserted }) {
  if (revision <= gallery.revision) return gallery;
  const identities = new Map();
  if (!cleared) {
    for (const identity of gallery.identities) identities.set(identity.identity_id, identity);
  }
  for (const identityId of removed) identities.delete(identityId);
  for (const identity of upserted) identities.set(identity.identity_id, identity);
  return { revision, identities: sorted([...identities.values()]) };
}

/**
 * Who has this name already. Names differ by more than case: the server adds the examples to
 * the person that is known.
 * @param {Gallery} gallery
 * @param {string} name
 * @returns {Identity | undefined}
 */
export function findByName(gallery, name) {
  const wanted = foldName(name);
  return gallery.identities.find((identity) => foldName(identity.display_name) === wanted);
}

/**
 * @param {Gallery} gallery
 * @param {string} identityId
 * @returns {Identity | undefined}
 */
export function findById(gallery, identityId) {
  return gallery.identities.find((identity) => identity.identity_id === identityId);
}

/**
 * Whose name has these words in it. Accents do not matter: who looks for Zoe finds Zoë.
 * @param {readonly Identity[]} identities
 * @param {string} query
 * @returns {readonly Identity[]}
 */
export function searchByName(identities, query) {
  const words = searchable(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return identities;
  return identities.filter(({ display_name }) => {
    const name = searchable(display_name);
    return words.every((word) => name.includes(word));
  });
}

function searchable(text) {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

function foldName(name) {
  return name.normalize('NFC').trim().toLowerCase();
}

function sorted(identities) {
  return [...identities].sort(
    (a, b) =>
      byName.compare(a.display_name, b.display_name) ||
      (a.identity_id < b.identity_id ? -1 : Number(a.identity_id > b.identity_id)),
  );
}
