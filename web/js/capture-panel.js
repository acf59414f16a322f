/**
 * The capture of one person, as it is seen: verdict, thumbnails, name, buttons. Owns its container
 * and the object URLs of the thumbnails. What happens next is decided in capture-state.js.
 *
 * Emits `begin` (detail: {wanted}), `discard`, and `commit` (detail: {displayName, keep}).
 */
import { IDLE, canCommit, isUnderWay, reduceCapture } from './capture-state.js';
import { SteadyText } from './steady-text.js';
import {
  CONNECTION_AWAY_IN_CAPTURE,
  CONNECTION_LOST_IN_CAPTURE,
  GOOD_VERDICTS,
  VERDICTS,
  captureHint,
  discardLabel,
  exampleAlt,
  knownNameText,
  progressText,
  removeExampleText,
  reviewText,
  savedText,
} from './texts.js';

/** @typedef {import('./capture-state.js').CaptureState} CaptureState */
/** @typedef {import('./capture-state.js').CaptureEvent} CaptureEvent */

/**
 * After so many answered frames without a verdict there will be none any more. Frames that were
 * under way when the capture began have none either, but those are few.
 */
const SILENT_FRAMES = 10;

export class CapturePanel extends EventTarget {
  #container;
  #verdict;
  #progress;
  #thumbnails;
  #template;
  #nameField;
  #name;
  #note;
  #title;
  #start;
  #discard;
  #commit;
  #steady;
  #findKnown;
  /** @type {CaptureState} */
  #state = IDLE;
  #camera = false;
  #server = false;
  #wanted = 10;
  #silentFrames = 0;
  /** @type {Map<string, string>} example id -> object URL */
  #urls = new Map();

  /**
   * @param {HTMLElement} container
   * @param {object} options
   * @param {HTMLTemplateElement} options.thumbnail
   * @param {(name: string) => ({display_name: string, templates: number} | undefined)} options.findKnown
   */
  constructor(container, { thumbnail, findKnown }) {
    super();
    const find = (selector) => container.querySelector(selector);
    this.#container = container;
    this.#template = thumbnail;
    this.#findKnown = findKnown;
    this.#title = find('#capture-title');
    this.#verdict = find('#capture-verdict');
    this.#progress = find('#capture-progress');
    this.#thumbnails = find('#capture-thumbnails');
    this.#nameField = find('#capture-name-field');
    this.#name = find('#capture-name');
    this.#note = find('#capture-name-note');
    this.#start = find('#capture-start');
    this.#discard = find('#capture-discard');
    this.#commit = find('#capture-commit');
    this.#steady = new SteadyText(({ text, tone }) => {
      this.#verdict.textContent = text;
      this.#verdict.dataset.tone = tone;
    });

    this.#start.addEventListener('click', () => {
      this.#emit('begin', { wanted: this.#wanted });
    });
    this.#discard.addEventListener('click', () => this.#emit('discard'));
    this.#name.addEventListener('input', () => this.#renderName());
    find('#capture-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#thumbnails.addEventListener('click', (event) => this.#removeClicked(event));
    this.#render(IDLE);
  }

  /** Whether the server holds, or will hold, a capture of this page. */
  get underWay() {
    return isUnderWay(this.#state);
  }

  /** Whether the server was asked for a capture, and has not answered. */
  get starting() {
    return this.#state.phase === 'starting';
  }

  /** @param {CaptureEvent} event */
  dispatch(event) {
    if (event.type === 'progress') this.#silentFrames = 0;
    const before = this.#state;
    this.#state = reduceCapture(before, event);
    if (this.#state !== before) this.#render(before);
  }

  /** A frame was answered. Its verdict, if there is one, comes next, by `dispatch`. */
  frameAnswered() {
    this.#silentFrames += 1;
    if (this.#silentFrames > SILENT_FRAMES) {
      this.dispatch({ type: 'silence', problem: CONNECTION_LOST_IN_CAPTURE });
    }
  }

  /** What there is at the moment. @param {{camera: boolean, server: boolean}} available */
  setAvailable({ camera, server }) {
    const serverChanged = server !== this.#server;
    this.#camera = camera;
    this.#server = server;
    if (serverChanged) this.#renderVerdict(true);
    this.#renderButtons();
  }

  /** @param {{examplesWanted: number, nameLength: number}} limits by the server's hello */
  setLimits({ examplesWanted, nameLength }) {
    this.#wanted = examplesWanted;
    this.#name.maxLength = nameLength;
    this.#render(this.#state);
  }

  /** Who is known has changed, and with it what there is to say about the name. */
  galleryChanged() {
    this.#renderName();
  }

  #submit() {
    // Enter in the name submits whatever the button says.
    if (this.#commit.disabled) return;
    this.#emit('commit', {
      displayName: this.#displayName(),
      keep: this.#state.examples.map((example) => example.exampleId),
    });
  }

  #removeClicked(event) {
    const item = event.target.closest('[data-example-id]');
    if (!item) return;
    const neighbour = item.nextElementSibling ?? item.previousElementSibling;
    this.dispatch({ type: 'remove', exampleId: item.dataset.exampleId });
    // The button that had the focus is gone.
    (neighbour?.querySelector('button') ?? this.#discard).focus();
  }

  #render(before) {
    const { phase } = this.#state;
    const hadFocus =
      this.#container.contains(document.activeElement) || document.activeElement === document.body;
    this.#container.dataset.phase = phase;
    const review = phase === 'review' || phase === 'committing';
    this.#nameField.hidden = !review;
    this.#start.hidden = this.underWay;
    this.#discard.hidden = !this.underWay;
    this.#discard.textContent = discardLabel(review);
    this.#commit.hidden = !review;
    this.#renderVerdict(before.phase !== phase);
    this.#renderThumbnails();
    // When the connection was lost the name stays: the same person will be captured again.
    if (phase === 'saved' || (phase === 'idle' && !this.#state.problem)) this.#name.value = '';
    this.#renderName();
    if (before.phase !== phase && hadFocus) this.#moveFocus(before.phase);
  }

  #renderVerdict(now) {
    const state = this.#state;
    if (state.phase === 'capturing') this.#verdict.dataset.verdict = state.verdict;
    else delete this.#verdict.dataset.verdict;
    this.#steady.set(this.#sentence(), { now: now || state.phase !== 'capturing' });
    this.#progress.textContent =
      state.phase === 'starting' || state.phase === 'capturing' ? progressText(state) : '';
  }

  #sentence() {
    const { phase, problem, verdict, examples, saved } = this.#state;
    if (problem) return { text: problem, tone: 'bad' };
    if (this.underWay && !this.#server) return { text: CONNECTION_AWAY_IN_CAPTURE, tone: 'bad' };
    switch (phase) {
      case 'starting':
        return { text: VERDICTS.started, tone: 'neutral' };
      case 'capturing':
        return {
          // A verdict of a newer server is better shown as it is than not at all.
          text: VERDICTS[verdict] ?? verdict,
          tone: verdict === 'started' ? 'neutral' : GOOD_VERDICTS.has(verdict) ? 'good' : 'bad',
        };
      case 'review':
      case 'committing':
        return { text: reviewText(examples.length), tone: 'neutral' };
      case 'saved':
        return { text: savedText(saved), tone: 'good' };
      default:
        return { text: captureHint(this.#wanted), tone: 'neutral' };
    }
  }

  #renderThumbnails() {
    const { examples, phase, wanted } = this.#state;
    const kept = new Set(examples.map((example) => example.exampleId));
    for (const [exampleId, url] of this.#urls) {
      if (!kept.has(exampleId)) {
        URL.revokeObjectURL(url);
        this.#urls.delete(exampleId);
      }
    }
    // Items are used again, so that a picture appears once and the focus stays.
    const items = new Map();
    for (const item of this.#thumbnails.children) items.set(item.dataset.exampleId, item);
    const children = examples.map(
      (example, index) =>
        this.#label(items.get(example.exampleId) ?? this.#makeThumbnail(example), index + 1),
    );
    if (phase === 'starting' || phase === 'capturing') {
      while (children.length < wanted) children.push(makeSlot());
    }
    this.#replaceThumbnails(children);
    for (const button of this.#thumbnails.querySelectorAll('button')) {
      button.disabled = phase !== 'review';
    }
  }

  /** As replaceChildren, but what stays is not taken out and put back: it would lose the focus. */
  #replaceThumbnails(children) {
    const list = this.#thumbnails;
    for (const child of [...list.children]) {
      if (!children.includes(child)) child.remove();
    }
    children.forEach((child, index) => {
      if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null);
    });
  }

  #makeThumbnail({ exampleId, cropJpeg }) {
    const item = this.#template.content.firstElementChild.cloneNode(true);
    const url = URL.createObjectURL(new Blob([cropJpeg], { type: 'image/jpeg' }));
    this.#urls.set(exampleId, url);
    item.dataset.exampleId = exampleId;
    item.querySelector('img').src = url;
    return item;
  }

  #label(item, position) {
    item.querySelector('img').alt = exampleAlt(position);
    item.querySelector('button').setAttribute('aria-label', removeExampleText(position));
    return item;
  }

  #renderName() {
    const known = this.#findKnown(this.#displayName());
    const { problem } = this.#state;
    this.#name.setAttribute('aria-invalid', String(problem !== null));
    this.#name.disabled = this.#state.phase === 'committing';
    this.#note.textContent = known ? knownNameText(known) : '';
    this.#renderButtons();
  }

  #renderButtons() {
    const { phase } = this.#state;
    this.#start.disabled = !this.#camera || !this.#server;
    this.#discard.disabled = !this.#server || phase === 'committing';
    this.#commit.disabled =
      !this.#server || !canCommit(this.#state) || this.#displayName() === '';
  }

  /** The button that was pressed is hidden now; the keyboard must not start from the top. */
  #moveFocus(from) {
    switch (this.#state.phase) {
      case 'starting':
        this.#discard.focus();
        break;
      case 'review':
        // On a phone the focus would bring up the keyboard, over the thumbnails.
        if (from === 'committing' || window.matchMedia('(pointer: fine)').matches) {
          this.#name.focus();
        } else {
          this.#title.focus();
        }
        break;
      case 'idle':
      case 'saved':
        if (from !== 'idle' && from !== 'saved') this.#start.focus();
        break;
      default:
    }
  }

  #displayName() {
    return this.#name.value.normalize('NFC').trim();
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function makeSlot() {
  const slot = document.createElement('li');
  slot.className = 'slot';
  slot.setAttribute('aria-hidden', 'true');
  return slot;
}
