/**
 * Photos as a way in: chosen or dropped, named, sent, and what became of each. Owns its container
 * and the state, which photo-state.js decides.
 *
 * Emits `send` (detail: {displayName, files}), and `shown` (detail: {shown}) when it opens or
 * closes.
 */
import { syncList } from '../basics/sync-children.js';
import { findByName } from '../gallery/gallery.js';
import {
  PHOTOS_NOT_IMAGES,
  knownNameText,
  photoText,
  photosText,
  removePhotoText,
  sendPhotosText,
} from '../texts/enrolment.js';
import { NO_PHOTOS, acceptedPhotos, reducePhotos } from './photo-state.js';

/** @typedef {import('./photo-state.js').PhotoState} PhotoState */

export class PhotoPanel extends EventTarget {
  #container;
  #find;
  #input;
  #name;
  #list;
  #template;
  #gallery;
  #warn;
  /** @type {PhotoState} */
  #state = NO_PHOTOS;
  /** @type {Map<number, File>} */
  #files = new Map();
  #nextId = 1;
  #available = false;

  /**
   * @param {HTMLElement} container
   * @param {object} options
   * @param {HTMLTemplateElement} options.photo
   * @param {() => import('../gallery/gallery.js').Gallery} options.gallery as it is known now
   * @param {(text: string) => void} options.warn
   */
  constructor(container, { photo, gallery, warn }) {
    super();
    const find = (selector) => container.querySelector(selector);
    this.#container = container;
    this.#find = find;
    this.#template = photo;
    this.#gallery = gallery;
    this.#warn = warn;
    this.#input = find('#photo-files');
    this.#name = find('#photo-name');
    this.#list = find('#photo-list');
    this.#input.addEventListener('change', () => {
      this.add([...this.#input.files]);
      this.#input.value = ''; // or the same file could not be chosen again
    });
    this.#name.addEventListener('input', () => this.#renderName());
    this.#list.addEventListener('click', ({ target }) => this.#removeClicked(target));
    find('#photo-more').addEventListener('click', () => this.choose());
    find('#photo-close').addEventListener('click', () => this.dispatch({ type: 'close' }));
    find('#photo-form').addEventListener('submit', (event) => {
      event.preventDefault();
      if (find('#photo-send').disabled) return;
      const files = this.#state.photos.map((one) => this.#files.get(one.id));
      this.#emit('send', { displayName: this.#displayName(), files });
    });
  }

  /** Ask for files. Only on a person's own act, or the browser shows nothing. */
  choose() {
    this.#input.click();
  }

  /** Whether there is a server to send photos to. */
  get available() {
    return this.#available;
  }

  /** @param {readonly File[]} files as chosen or dropped; what is no photo is left out */
  add(files) {
    const images = files.filter((file) => file.type.startsWith('image/'));
    if (images.length < files.length) this.#warn(PHOTOS_NOT_IMAGES);
    const photos = images.map((file) => {
      const id = this.#nextId++;
      this.#files.set(id, file);
      return { id, fileName: file.name };
    });
    this.dispatch({ type: 'choose', photos });
  }

  /** @param {import('./photo-state.js').PhotoEvent} event */
  dispatch(event) {
    const before = this.#state;
    this.#state = reducePhotos(before, event);
    if (this.#state !== before) this.#render(before);
  }

  /** @param {boolean} available whether there is a server */
  setAvailable(available) {
    this.#available = available;
    this.#renderButtons();
  }

  /** @param {number} length by the server's hello */
  setNameLength(length) {
    this.#name.maxLength = length;
  }

  /** Who is known has changed, and with it what there is to say about the name. */
  galleryChanged() {
    this.#renderName();
  }

  #removeClicked(target) {
    const item = target.closest('button')?.closest('[data-key]');
    if (!item) return;
    const next = item.nextElementSibling ?? item.previousElementSibling;
    this.dispatch({ type: 'remove', id: Number(item.dataset.key) });
    next?.querySelector('button').focus();
  }

  #render(before) {
    const { phase, photos, problem } = this.#state;
    const kept = new Set(photos.map((photo) => photo.id));
    for (const id of this.#files.keys()) if (!kept.has(id)) this.#files.delete(id);
    this.#container.hidden = phase === 'closed';
    this.#container.dataset.phase = phase;
    this.#find('#photo-status').textContent =
      problem ?? photosText(phase, photos.length, acceptedPhotos(this.#state));
    this.#find('#photo-status').dataset.tone = problem ? 'bad' : 'neutral';
    syncList(this.#list, photos, {
      key: (photo) => photo.id,
      make: () => this.#template.content.firstElementChild.cloneNode(true),
      fill: (item, photo) => this.#fill(item, photo),
    });
    if (phase === 'closed') this.#name.value = '';
    this.#find('#photo-name-field').hidden = phase === 'done';
    this.#renderName();
    if (before.phase === phase) return;
    if (before.phase === 'closed' || phase === 'closed') {
      this.#emit('shown', { shown: phase !== 'closed' });
    }
    if (phase !== 'closed') this.#find('#photo-title').focus();
  }

  #fill(item, photo) {
    item.dataset.verdict = photo.verdict ?? '';
    item.querySelector('.photo-file').textContent = photo.fileName;
    item.querySelector('.photo-verdict').textContent = photoText(photo);
    const remove = item.querySelector('button');
    remove.hidden = this.#state.phase !== 'naming';
    remove.setAttribute('aria-label', removePhotoText(photo.fileName));
  }

  #renderName() {
    const known = findByName(this.#gallery(), this.#displayName());
    this.#name.disabled = this.#state.phase === 'sending';
    this.#find('#photo-name-note').textContent = known ? knownNameText(known) : '';
    this.#renderButtons();
  }

  #renderButtons() {
    const { phase, photos } = this.#state;
    const send = this.#find('#photo-send');
    send.hidden = phase === 'done';
    send.textContent = sendPhotosText(photos.length);
    send.disabled = !this.#available || phase !== 'naming' || this.#displayName() === '';
    this.#find('#photo-more').disabled = !this.#available || phase === 'sending';
    this.#find('#photo-close').disabled = phase === 'sending';
  }

  #displayName() {
    return this.#name.value.normalize('NFC').trim();
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
