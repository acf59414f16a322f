/** The parts of the helper page that change. Owns their elements; decides nothing. */
import { adviceText, fingerprintGroups, LOST, liveText, pageText, shortName } from './texts.js';

const STATES = new Map([
  [null, 'trying'],
  [true, 'works'],
  [false, 'not-yet'],
]);

export class View {
  #page;
  #live;
  #advice;
  #open;
  #again;

  /** @param {Document} document */
  constructor(document) {
    const byId = (id) => document.getElementById(id);
    this.#page = byId('reach-page');
    this.#live = byId('reach-live');
    this.#advice = byId('reach-advice');
    this.#open = byId('open');
    this.#again = byId('again');
  }

  /** @param {() => void} act somebody wants it tried again */
  onAgain(act) {
    this.#again.addEventListener('click', act);
  }

  /** @param {string} url the app */
  leadTo(url) {
    this.#open.href = url;
  }

  /** @param {import('./checker.js').Reach} reach @param {boolean} leaving */
  show(reach, leaving) {
    setLine(this.#page, STATES.get(reach.page), pageText(reach));
    setLine(this.#live, STATES.get(reach.live), liveText(reach));
    setText(this.#advice, adviceText(reach, leaving));
    this.#open.hidden = !reach.page;
    this.#again.hidden = !reach.resting;
  }

  /** It is being found out. */
  showTrying() {
    setText(this.#advice, '');
    this.#again.hidden = true;
  }

  /** Nothing is known of the app, not even where it is. */
  showLost() {
    setText(this.#advice, LOST);
    this.#again.hidden = false;
  }
}

/**
 * The steps for this device come first, unfolded; the others stay in their fold-out.
 *
 * @param {Document} document
 * @param {import('./platform.js').Platform | null} platform
 */
export function showSteps(document, platform) {
  const own = document.querySelector(`[data-platform="${platform}"]`);
  if (!own) return; // then all are to be seen
  own.open = true;
  document.getElementById('own-steps').append(own);
  document.getElementById('other-steps').open = false;
}

/**
 * @param {Document} document
 * @param {{name: string, fingerprint: string}} about
 */
export function showCertificate(document, { name, fingerprint }) {
  for (const place of document.querySelectorAll('[data-name="whole"]')) place.textContent = name;
  for (const place of document.querySelectorAll('[data-name="short"]')) {
    place.textContent = shortName(name);
  }
  document.getElementById('fingerprint').textContent = fingerprintGroups(fingerprint).join(' ');
}

function setLine(line, state, text) {
  line.dataset.state = state;
  setText(line.querySelector('.state'), text);
}

/** Not when it is the same: a screen reader would say it again. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
