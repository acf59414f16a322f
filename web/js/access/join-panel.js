/**
 * Adding a phone: a QR code, what it grants, and for how long. Owns its container and the state,
 * which join-state.js decides.
 *
 * Emits `choose` (detail: {role}), `renew`, `copy`, `close`, and `shown` (detail: {shown}) when it
 * opens or closes.
 */
import { joinStatusText, timeLeftText } from '../texts/access.js';
import { NO_JOIN, reduceJoin } from './join-state.js';

/** @typedef {import('./join-state.js').JoinState} JoinState */
/** @typedef {import('./join-state.js').JoinEvent} JoinEvent */

export class JoinPanel extends EventTarget {
  #container;
  #find;
  #roles;
  /** @type {JoinState} */
  #state = NO_JOIN;

  /** @param {HTMLElement} container */
  constructor(container) {
    super();
    this.#container = container;
    this.#find = (selector) => container.querySelector(selector);
    this.#roles = [...this.#find('#join-roles').querySelectorAll('button')];
    for (const button of this.#roles) {
      button.addEventListener('click', () => this.#emit('choose', { role: button.dataset.role }));
    }
    this.#find('#join-back').addEventListener('click', () => this.#emit('close'));
    this.#find('#join-copy').addEventListener('click', () => this.#emit('copy'));
    this.#find('#join-renew').addEventListener('click', () => {
      this.#find('#join-title').focus(); // the button goes
      this.#emit('renew');
    });
    this.#find('#join-link').addEventListener('focus', ({ target }) => target.select());
    container.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#emit('close');
    });
  }

  /** @returns {JoinState} */
  get state() {
    return this.#state;
  }

  /** @param {JoinEvent} event */
  dispatch(event) {
    const before = this.#state;
    this.#state = reduceJoin(before, event);
    if (this.#state === before) return;
    this.#render(before);
    const shown = this.#state.phase !== 'closed';
    if (shown === (before.phase !== 'closed')) return;
    this.#emit('shown', { shown });
    if (shown) this.#find('#join-title').focus();
  }

  #render(before) {
    const { phase, role, link, leftS } = this.#state;
    this.#container.hidden = phase === 'closed';
    this.#container.dataset.phase = phase;
    this.#find('#join-roles').hidden = link?.role === 'admin';
    for (const button of this.#roles) {
      button.setAttribute('aria-pressed', String(button.dataset.role === role));
    }
    this.#find('#join-left').textContent = leftS === null ? '' : timeLeftText(leftS);
    if (this.#state.phase === before.phase && link === before.link) return;
    this.#find('#join-status').textContent = joinStatusText(this.#state);
    this.#find('#join-code').hidden = phase === 'over' || phase === 'failed';
    this.#find('#join-renew').hidden = phase !== 'over' && phase !== 'failed';
    this.#find('#join-copy').disabled = link === null;
    this.#find('#join-link').value = link?.url ?? '';
    showCode(this.#find('#join-qr'), link?.qr_svg);
    this.#find('#join-first-time').hidden = !link?.first_time_url;
    this.#find('#join-first-time-link').textContent = link?.first_time_url ?? '';
    showCode(this.#find('#join-first-time-qr'), link?.first_time_qr_svg);
    // A phone on its side has just the height for it; and another phone has to see all of it.
    if (link) this.#find('#join-qr').scrollIntoView({ block: 'nearest' });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** As a picture, in which nothing of what the server sent could run. */
function showCode(image, svg) {
  image.hidden = !svg;
  if (svg) image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  else image.removeAttribute('src');
}
