/** What the People panel shows: everybody, or one person; and what is wrong. Owns its container. */

export class PeoplePanel {
  #home;
  #title;
  #problem;

  /** @param {HTMLElement} container */
  constructor(container) {
    this.#home = container.querySelector('#people-home');
    this.#title = container.querySelector('#people-title');
    this.#problem = container.querySelector('#gallery-problem');
  }

  /** Whether somebody can see everybody: neither one person nor another panel is in the way. */
  get homeSeen() {
    return this.#home.getClientRects().length > 0;
  }

  /** @param {boolean} shown whether everybody is shown, or one person */
  showHome(shown) {
    this.#home.hidden = !shown;
  }

  /** Where the keyboard goes on when what had the focus is gone. */
  focus() {
    this.#title.focus({ preventScroll: true });
  }

  /** @param {string | null} problem why the gallery cannot be used fully, in a sentence */
  showProblem(problem) {
    this.#problem.hidden = problem === null;
    this.#problem.textContent = problem ?? '';
  }
}
