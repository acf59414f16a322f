/**
 * A photo with its faces, over the stage; or what can be done with a video, which plays under it.
 * Owns its container and the state, which file-state.js decides.
 *
 * Emits `choose` when a file is asked for, `open` (detail: {file}) when it was chosen, `download`
 * and `close`.
 */
import { frameToView } from '../basics/geometry.js';
import { fitCanvas } from '../basics/sharp-canvas.js';
import { syncList } from '../basics/sync-children.js';
import { drawFaces } from '../faces/face-drawing.js';
import { faceLabel } from '../texts/faces.js';
import { fileText } from '../texts/files.js';
import { NO_FILE, reduceFile } from './file-state.js';

/** @typedef {import('./file-state.js').FileState} FileState */
/** @typedef {import('../basics/geometry.js').SizeWh} SizeWh */

export class FileView extends EventTarget {
  #container;
  #button;
  #input;
  #title;
  #status;
  #image;
  #canvas;
  #context;
  #faces;
  #download;
  /** @type {FileState} */
  #state = NO_FILE;
  /** @type {import('./photo-file.js').OpenPhoto | null} */
  #photo = null;

  /**
   * @param {HTMLElement} container
   * @param {HTMLButtonElement} button asks for a file, while none is shown
   */
  constructor(container, button) {
    super();
    const find = (selector) => container.querySelector(selector);
    this.#container = container;
    this.#button = button;
    this.#title = find('#file-title');
    this.#status = find('#file-status');
    this.#image = find('#file-photo');
    this.#canvas = find('#file-overlay');
    this.#context = this.#canvas.getContext('2d');
    this.#faces = find('#file-faces');
    this.#download = find('#file-download');
    this.#input = find('#file-input');
    new ResizeObserver(() => this.#draw()).observe(this.#canvas);
    button.addEventListener('click', () => this.#emit('choose'));
    this.#input.addEventListener('change', () => {
      const [file] = this.#input.files;
      if (file) this.#emit('open', { file });
      this.#input.value = ''; // or the same file could not be chosen again
    });
    this.#download.addEventListener('click', () => this.#emit('download'));
    find('#file-close').addEventListener('click', () => this.#emit('close'));
    container.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.#emit('close');
    });
  }

  /** @returns {FileState} */
  get state() {
    return this.#state;
  }

  /** The photo, to be drawn. @returns {CanvasImageSource} */
  get picture() {
    return this.#image;
  }

  /** Its size. @returns {SizeWh} */
  get sizeWh() {
    return this.#photo?.sizeWh ?? [0, 0];
  }

  /** Ask for a file. Only on a person's own act, or the browser shows nothing. */
  choose() {
    this.#input.click();
  }

  /** The photo that is opened next. @param {import('./photo-file.js').OpenPhoto} photo */
  showPhoto(photo) {
    this.#photo?.release();
    this.#photo = photo;
    this.#image.src = photo.url;
  }

  /** @param {import('./file-state.js').FileEvent} event */
  dispatch(event) {
    const before = this.#state;
    this.#state = reduceFile(before, event);
    if (this.#state !== before) this.#render(before);
  }

  #render(before) {
    const { phase, fileName, problem } = this.#state;
    const hadFocus =
      this.#container.contains(document.activeElement) || document.activeElement === document.body;
    this.#container.hidden = phase === 'closed';
    this.#container.dataset.phase = phase;
    this.#button.hidden = phase !== 'closed';
    this.#title.textContent = fileName;
    this.#image.alt = fileName;
    this.#status.textContent = fileText(this.#state);
    this.#status.dataset.tone = problem ? 'bad' : 'neutral';
    this.#download.disabled = phase !== 'told' && phase !== 'playing';
    if (phase === 'closed' || phase === 'playing') this.#forgetPhoto();
    this.#draw();
    if (before.phase === 'closed' && phase !== 'closed') this.#title.focus();
    if (phase === 'closed' && hadFocus) this.#button.focus();
  }

  #forgetPhoto() {
    this.#image.removeAttribute('src');
    this.#photo?.release();
    this.#photo = null;
  }

  #draw() {
    const viewWh = /** @type {SizeWh} */ ([this.#canvas.clientWidth, this.#canvas.clientHeight]);
    const toView = frameToView({
      frameWh: this.sizeWh,
      viewWh,
      fit: 'contain', // nobody in it may be cut off
      mirrored: false,
    });
    const placed = this.#state.faces.map((face) => ({ face, box: toView(face.box_xyxy) }));
    fitCanvas(this.#canvas, this.#context, viewWh);
    this.#context.clearRect(0, 0, ...viewWh);
    drawFaces(this.#context, placed, viewWh);
    syncList(this.#faces, placed.map((one, index) => ({ ...one, index })), {
      key: ({ index }) => index,
      make: () => document.createElement('li'),
      fill: fillFace,
    });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function fillFace(item, { face, box }) {
  item.dataset.name = face.name ?? '';
  item.dataset.box = face.box_xyxy.join(',');
  item.dataset.viewBox = box.map((value) => value.toFixed(1)).join(',');
  const { name, detail } = faceLabel(face);
  item.textContent = detail ? `${name}, ${detail}` : name;
}
