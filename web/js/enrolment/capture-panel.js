/**
 * The capture of one person, as it is seen: verdict, poses, thumbnails, name, buttons. Owns its
 * container and the state of the capture, which capture-state.js decides.
 *
 * Emits `begin` (detail: {wanted}), `more`, `discard`, `commit` (detail: {displayName, keep}), and
 * `photos` when those are to be the examples. `changed` (detail: CaptureState) follows each step.
 */
import { SteadyText } from '../basics/steady-text.js';
import { findByName } from '../gallery/gallery.js';
import {
  COMMIT_UNSURE,
  CONNECTION_AWAY_IN_CAPTURE,
  CONNECTION_LOST_IN_CAPTURE,
  VERDICTS,
  captureHint,
  discardLabel,
  joinText,
  knownNameText,
  lookAlikeText,
  poseText,
  progressText,
  reviewText,
  savedText,
  takeMoreText,
  tooFewText,
  verdictText,
  verdictTone,
} from '../texts/enrolment.js';
import {
  COACHED_POSES,
  IDLE,
  canCommit,
  isUnderWay,
  lookAlikeOf,
  missingExamples,
  reduceCapture,
} from './capture-state.js';
import { CaptureThumbnails } from './capture-thumbnails.js';

/** @typedef {import('./capture-state.js').CaptureState} CaptureState */
/** @typedef {import('./capture-state.js').CaptureEvent} CaptureEvent */

/**
 * After so many answered frames without a verdict there will be none any more. Frames that were
 * under way when the capture began have none either, but those are few.
 */
const SILENT_FRAMES = 10;

/** Phases in which the examples are looked at, and named. */
const REVIEW = Object.freeze(new Set(['review', 'committing', 'unsure']));
const TAKING = Object.freeze(new Set(['starting', 'capturing']));

export class CapturePanel extends EventTarget {
  #container;
  #verdict;
  #progress;
  #poses;
  #thumbnails;
  #lookAlike;
  #join;
  #nameField;
  #name;
  #note;
  #title;
  #start;
  #photos;
  #missing;
  #tooFew;
  #more;
  #discard;
  #commit;
  #steady;
  #gallery;
  /** @type {CaptureState} */
  #state = IDLE;
  #camera = false;
  #server = false;
  #wanted = 10;
  #minExamples = 1;
  #silentFrames = 0;

  /**
   * @param {HTMLElement} container
   * @param {object} options
   * @param {HTMLTemplateElement} options.thumbnail
   * @param {() => import('../gallery/gallery.js').Gallery} options.gallery as it is known now
   */
  constructor(container, { thumbnail, gallery }) {
    super();
    const find = (selector) => container.querySelector(selector);
    this.#container = container;
    this.#gallery = gallery;
    this.#title = find('#capture-title');
    this.#verdict = find('#capture-verdict');
    this.#progress = find('#capture-progress');
    this.#poses = find('#capture-poses');
    this.#lookAlike = find('#capture-look-alike');
    this.#join = find('#capture-join');
    this.#nameField = find('#capture-name-field');
    this.#name = find('#capture-name');
    this.#note = find('#capture-name-note');
    this.#start = find('#capture-start');
    this.#photos = find('#capture-photos');
    this.#missing = find('#capture-missing');
    this.#tooFew = find('#capture-too-few');
    this.#more = find('#capture-more');
    this.#discard = find('#capture-discard');
    this.#commit = find('#capture-commit');
    this.#thumbnails = new CaptureThumbnails(find('#capture-thumbnails'), thumbnail);
    this.#steady = new SteadyText(({ text, tone }) => {
      this.#verdict.textContent = text;
      this.#verdict.dataset.tone = tone;
    });

    this.#start.addEventListener('click', () => this.#emit('begin', { wanted: this.#wanted }));
    this.#photos.addEventListener('click', () => this.#emit('photos'));
    this.#more.addEventListener('click', () => this.#emit('more'));
    this.#discard.addEventListener('click', () => this.#emit('discard'));
    this.#join.addEventListener('click', () => this.#submit(this.#lookedAlike().display_name));
    this.#name.addEventListener('input', () => this.#renderName());
    find('#capture-form').addEventListener('submit', (event) => {
      event.preventDefault();
      // Enter in the name submits whatever the button says.
      if (!this.#commit.disabled) this.#submit(this.#displayName());
    });
    this.#thumbnails.addEventListener('remove', ({ detail: { exampleId, next } }) => {
      this.dispatch({ type: 'remove', exampleId });
      // The button that had the focus is gone.
      (next ?? (this.#missing.hidden ? this.#discard : this.#more)).focus();
    });
    this.#render(IDLE);
  }

  /** @returns {CaptureState} */
  get state() {
    return this.#state;
  }

  /** @param {CaptureEvent} event */
  dispatch(event) {
    const before = this.#state;
    this.#state = reduceCapture(before, event);
    // In other phases there are no verdicts: those frames do not count.
    if (event.type === 'progress' || event.type === 'goes_on') this.#silentFrames = 0;
    if (this.#state === before) return;
    this.#render(before);
    this.#emit('changed', this.#state);
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

  /**
   * By the server's hello.
   * @param {{examplesWanted: number, minExamples: number, nameLength: number}} limits
   */
  setLimits({ examplesWanted, minExamples, nameLength }) {
    this.#wanted = examplesWanted;
    this.#minExamples = minExamples;
    this.#name.maxLength = nameLength;
    this.#render(this.#state);
  }

  /** @param {boolean} hidden whether something else is in its place */
  setHidden(hidden) {
    this.#container.hidden = hidden;
    if (!hidden) this.#photos.focus(); // where it went from
  }

  /** In a mirror one's own left is on the left. @param {boolean} mirrored the preview */
  setMirrored(mirrored) {
    this.#poses.dataset.mirrored = String(mirrored);
  }

  /** Who is known has changed, and with it what there is to say about the name. */
  galleryChanged() {
    this.#renderName();
  }

  #submit(displayName) {
    const keep = this.#state.examples.map((example) => example.exampleId);
    this.#emit('commit', { displayName, keep });
  }

  #render(before) {
    const { phase } = this.#state;
    const hadFocus =
      this.#container.contains(document.activeElement) || document.activeElement === document.body;
    const underWay = isUnderWay(this.#state);
    const review = REVIEW.has(phase);
    this.#container.dataset.phase = phase;
    this.#nameField.hidden = !review;
    this.#start.hidden = underWay;
    this.#photos.hidden = underWay;
    this.#discard.hidden = !underWay;
    this.#discard.textContent = discardLabel(review);
    this.#commit.hidden = !review;
    this.#renderVerdict(before.phase !== phase);
    this.#renderPoses();
    this.#renderMissing();
    this.#thumbnails.show(this.#state);
    // When the connection was lost the name stays: the same person will be captured again.
    if (phase === 'saved' || (phase === 'idle' && !this.#state.problem)) this.#name.value = '';
    this.#renderName();
    if (before.phase !== phase && hadFocus) this.#moveFocus(before.phase);
  }

  #renderVerdict(now) {
    const { phase, verdict, coach } = this.#state;
    const { dataset } = this.#verdict;
    delete dataset.verdict;
    delete dataset.coach;
    if (phase === 'capturing') {
      dataset.verdict = verdict;
      if (coach) dataset.coach = coach;
    }
    this.#steady.set(this.#sentence(), { now: now || phase !== 'capturing' });
    this.#progress.textContent = TAKING.has(phase) ? progressText(this.#state) : '';
  }

  #sentence() {
    const { phase, problem, examples, saved } = this.#state;
    if (problem) return { text: problem, tone: 'bad' };
    if (phase === 'unsure') return { text: COMMIT_UNSURE, tone: 'bad' };
    if (isUnderWay(this.#state) && !this.#server) {
      return { text: CONNECTION_AWAY_IN_CAPTURE, tone: 'bad' };
    }
    switch (phase) {
      case 'starting':
        return { text: VERDICTS.started, tone: 'neutral' };
      case 'capturing':
        return { text: verdictText(this.#state), tone: verdictTone(this.#state) };
      case 'review':
      case 'committing':
        return { text: reviewText(examples.length), tone: 'neutral' };
      case 'saved':
        return { text: savedText(saved), tone: 'good' };
      default:
        return { text: captureHint(this.#wanted), tone: 'neutral' };
    }
  }

  #renderPoses() {
    const { phase, poses, coach } = this.#state;
    this.#poses.hidden = !TAKING.has(phase);
    for (const mark of this.#poses.children) {
      const { pose } = mark.dataset;
      const taken = poses[pose] > 0;
      mark.dataset.taken = String(taken);
      mark.dataset.next = String(phase === 'capturing' && pose === COACHED_POSES[coach]);
      mark.querySelector('.visually-hidden').textContent = poseText(pose, taken);
    }
  }

  #renderMissing() {
    const missing = missingExamples(this.#state, this.#minExamples);
    this.#tooFew.textContent =
      missing > 0 ? tooFewText(this.#state.examples.length, this.#minExamples) : '';
    this.#missing.hidden = missing === 0;
    this.#more.textContent = takeMoreText(missing);
  }

  #renderName() {
    const known = findByName(this.#gallery(), this.#displayName());
    const { phase, problem } = this.#state;
    this.#name.setAttribute('aria-invalid', String(problem !== null));
    this.#name.disabled = phase === 'committing' || phase === 'unsure';
    this.#note.textContent = known ? knownNameText(known) : '';
    this.#renderLookAlike();
    this.#renderButtons();
  }

  #renderLookAlike() {
    const warned = lookAlikeOf(this.#state, this.#gallery(), this.#displayName());
    // First of all there have to be enough examples; the server looks at those anew.
    this.#lookAlike.hidden = warned === null || !canCommit(this.#state, this.#minExamples);
    if (!warned) return;
    this.#lookAlike.dataset.identityId = warned.identity.identity_id;
    const text = this.#lookAlike.querySelector('p');
    const sentence = lookAlikeText(warned.identity, warned.confidence);
    if (text.textContent !== sentence) text.textContent = sentence; // or it would be spoken again
    this.#join.textContent = joinText(warned.identity);
  }

  #lookedAlike() {
    return lookAlikeOf(this.#state, this.#gallery(), this.#displayName()).identity;
  }

  #renderButtons() {
    const { phase } = this.#state;
    const enough = this.#server && canCommit(this.#state, this.#minExamples);
    this.#start.disabled = !this.#camera || !this.#server;
    this.#photos.disabled = !this.#server;
    this.#more.disabled = !this.#camera || !this.#server;
    this.#discard.disabled = !this.#server || phase === 'committing';
    this.#join.disabled = !enough;
    this.#commit.disabled = !enough || this.#displayName() === '';
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
