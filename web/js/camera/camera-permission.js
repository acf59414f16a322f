/**
 * What the browser says about the camera's permission, without asking anybody.
 *
 * Emits `changed` (detail: {state}) once `state` has been read: a switch in the browser's settings.
 */

/** @typedef {'granted' | 'prompt' | 'denied' | 'unknown'} PermissionState unknown: not every browser tells */

export class CameraPermission extends EventTarget {
  #permissions;
  /** @type {PermissionStatus | null} */
  #status = null;

  /** @param {Permissions | undefined} [permissions] */
  constructor(permissions = navigator.permissions) {
    super();
    this.#permissions = permissions;
  }

  /** @returns {Promise<PermissionState>} */
  async read() {
    try {
      this.#status ??= await this.#query();
    } catch {
      return 'unknown'; // no such interface, or it does not know of cameras
    }
    return this.#status.state;
  }

  async #query() {
    const status = await this.#permissions.query(/** @type {any} */ ({ name: 'camera' }));
    status.addEventListener('change', () => {
      this.dispatchEvent(new CustomEvent('changed', { detail: { state: status.state } }));
    });
    return status;
  }
}
