/**
 * Which of its panels the sheet shows where there is room for one only. Owns its container.
 *
 * Emits `view` when another panel may be seen now.
 */

export class Sheet extends EventTarget {
  #container;
  #tabs;
  #mayAdd = true;

  /** @param {HTMLElement} container */
  constructor(container) {
    super();
    this.#container = container;
    this.#tabs = [...container.querySelectorAll('.tabs button')];
    for (const tab of this.#tabs) {
      tab.addEventListener('click', () => this.show(tab.dataset.view));
    }
  }

  /** @param {boolean} mayAdd whether there is a panel to add people; else only `people` is shown */
  setMayAdd(mayAdd) {
    this.#mayAdd = mayAdd;
    this.show(this.#container.dataset.view);
  }

  /** @param {string} view `capture` or `people` */
  show(view) {
    const seen = this.#mayAdd ? view : 'people';
    this.#container.dataset.view = seen;
    for (const tab of this.#tabs) {
      tab.setAttribute('aria-pressed', String(tab.dataset.view === seen));
    }
    this.#keepFocus();
    this.dispatchEvent(new CustomEvent('view'));
  }

  /** @param {boolean} shown whether a face is looked into: it comes before all else */
  showFace(shown) {
    this.#container.dataset.face = String(shown);
    if (shown) this.#container.scrollTop = 0;
    else this.#keepFocus();
    this.dispatchEvent(new CustomEvent('view'));
  }

  /** What had the focus may be hidden now; the keyboard must not start from the top. */
  #keepFocus() {
    const focused = document.activeElement;
    if (!this.#container.contains(focused) || focused.getClientRects().length > 0) return;
    this.focus();
  }

  /** Give the focus to the heading of the panel that was chosen. */
  focus() {
    const { view } = this.#container.dataset;
    const headings = this.#container.querySelectorAll(`.panel[data-view="${view}"] > :is(h2, h3)`);
    [...headings].find((heading) => heading.getClientRects().length > 0)?.focus();
  }
}
