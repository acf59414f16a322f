/** Which of its panels the sheet shows where there is room for one only. Owns its container. */

export class Sheet {
  #container;
  #tabs;

  /** @param {HTMLElement} container */
  constructor(container) {
    this.#container = container;
    this.#tabs = [...container.querySelectorAll('.tabs button')];
    for (const tab of this.#tabs) {
      tab.addEventListener('click', () => this.show(tab.dataset.view));
    }
  }

  /** @param {string} view `capture` or `people` */
  show(view) {
    this.#container.dataset.view = view;
    for (const tab of this.#tabs) {
      tab.setAttribute('aria-pressed', String(tab.dataset.view === view));
    }
    // What had the focus may be hidden now; the keyboard must not start from the top.
    const focused = document.activeElement;
    if (this.#container.contains(focused) && focused.getClientRects().length === 0) {
      this.#container.querySelector(`.panel[data-view="${view}"] h2`).focus();
    }
  }
}
