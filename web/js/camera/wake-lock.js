/**
 * The screen stays awake while it is wanted. Browsers take the lock away from a page that is hidden;
 * it is asked for again when the page is seen.
 */
export class WakeLock {
  #locks;
  #wanted = false;
  #asking = false;
  /** @type {WakeLockSentinel | null} */
  #held = null;

  /** @param {WakeLock | undefined} [locks] not there in some browsers, which does no harm */
  constructor(locks = navigator.wakeLock) {
    this.#locks = locks;
  }

  /** @param {boolean} wanted whether something is to be seen that moves without a touch */
  async keep(wanted) {
    this.#wanted = wanted;
    if (!wanted) await this.#release();
    else if (!this.#held && !this.#asking) await this.#ask();
  }

  async #ask() {
    if (!this.#locks) return;
    this.#asking = true;
    try {
      const held = await this.#locks.request('screen');
      held.addEventListener('release', () => {
        if (this.#held === held) this.#held = null;
      });
      this.#held = held;
    } catch {
      // The battery is low, or the page was hidden meanwhile: the screen may sleep then.
    } finally {
      this.#asking = false;
    }
    if (!this.#wanted) await this.#release();
  }

  async #release() {
    const held = this.#held;
    this.#held = null;
    await held?.release().catch(() => {}); // it was taken away already
  }
}
