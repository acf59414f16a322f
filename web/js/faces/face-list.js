/**
 * The faces in view as a list: for the keyboard, for screen readers and for tests. It is out of
 * sight; what has the focus in it is marked over the video. Owns its container.
 *
 * Emits `choose` (detail: {track}) and `focus` (detail: {track: number | null}).
 */
import { syncList } from '../basics/sync-children.js';
import { faceLabel, facesLabel } from '../texts/faces.js';

/** @typedef {import('../basics/geometry.js').BoxXyxy} BoxXyxy */

export class FaceList extends EventTarget {
  #list;
  #fallback;
  #mayChoose = true;

  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} fallback gets the focus when the face that had it leaves the view
   */
  constructor(list, fallback) {
    super();
    this.#list = list;
    this.#fallback = fallback;
    list.addEventListener('click', ({ target }) => this.#emit('choose', trackOf(target)));
    list.addEventListener('focusin', ({ target }) => this.#emit('focus', trackOf(target)));
    list.addEventListener('focusout', () => this.#emit('focus', null));
  }

  /** @param {boolean} mayChoose whether there is anything to be asked about a face */
  setMayChoose(mayChoose) {
    this.#mayChoose = mayChoose;
    this.#list.setAttribute('aria-label', facesLabel(mayChoose));
  }

  /** @param {number} track @returns {boolean} whether that face is there, and has the focus now */
  focus(track) {
    const button = this.#list.querySelector(`[data-track="${track}"] button`);
    button?.focus();
    return button !== null;
  }

  /**
   * @param {readonly {face: any, box: BoxXyxy, captured: boolean}[]} placed
   *   box: in the view; captured: examples of it are being taken
   * @param {number | null} seq of their frame
   */
  show(placed, seq) {
    const focused = this.#list.contains(document.activeElement);
    syncList(this.#list, placed, {
      key: ({ face }) => face.track,
      make: makeItem,
      fill: (item, { face, box, captured }) => {
        fill(item, face, box, captured, seq);
        item.firstElementChild.disabled = !this.#mayChoose;
      },
    });
    // Taken out of the page, it has lost the focus without a word.
    if (focused && !this.#list.contains(document.activeElement)) {
      this.#emit('focus', null);
      const next = this.#list.querySelector('button');
      (next ?? this.#fallback).focus();
    }
  }

  #emit(type, track) {
    this.dispatchEvent(new CustomEvent(type, { detail: { track } }));
  }
}

function trackOf(target) {
  return Number(target.closest('[data-track]').dataset.track);
}

function makeItem() {
  const item = document.createElement('li');
  const button = document.createElement('button');
  button.type = 'button';
  item.append(button);
  return item;
}

function fill(item, face, box, captured, seq) {
  item.dataset.track = face.track;
  item.dataset.name = face.name ?? '';
  item.dataset.similarity = face.similarity;
  item.dataset.confidence = face.confidence;
  item.dataset.reason = face.reason ?? '';
  item.dataset.box = face.box_xyxy.join(',');
  item.dataset.viewBox = box.map((value) => value.toFixed(1)).join(',');
  item.dataset.captured = captured;
  item.dataset.seq = seq;
  const { name, detail } = faceLabel(face);
  item.firstElementChild.textContent = detail ? `${name}, ${detail}` : name;
}
