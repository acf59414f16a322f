/**
 * What a person can do to the camera: go to the other one, choose one of many, switch its light on.
 * Owns its container.
 *
 * Emits `flip`, `choose` (detail: {deviceId}) and `torch` (detail: {on}).
 */
import { syncList } from '../basics/sync-children.js';
import { cameraName } from '../texts/camera.js';

/** @typedef {import('./camera.js').CameraView} CameraView */

export class CameraControls extends EventTarget {
  #flip;
  #choice;
  #torch;

  /** @param {HTMLElement} container */
  constructor(container) {
    super();
    this.#flip = container.querySelector('#camera-flip');
    this.#choice = container.querySelector('#camera-choice');
    this.#torch = container.querySelector('#camera-torch');
    this.#flip.addEventListener('click', () => this.#emit('flip'));
    this.#choice.addEventListener('change', () => {
      this.#emit('choose', { deviceId: this.#choice.value });
    });
    this.#torch.addEventListener('click', () => {
      this.#emit('torch', { on: this.#torch.getAttribute('aria-pressed') !== 'true' });
    });
  }

  /** @param {CameraView | null} view null: no camera is running */
  show(view) {
    const { canFlip = false, choice = [], deviceId = null, torch = null } = view ?? {};
    this.#flip.hidden = !canFlip;
    this.#torch.hidden = torch === null;
    this.#torch.setAttribute('aria-pressed', String(torch === true));
    this.#choice.hidden = choice.length === 0;
    syncList(this.#choice, choice, {
      key: (camera) => camera.deviceId,
      make: () => document.createElement('option'),
      fill: (option, camera, index) => {
        option.value = camera.deviceId;
        option.textContent = cameraName(camera.label, index + 1);
      },
    });
    if (deviceId !== null) this.#choice.value = deviceId;
  }

  /** @param {boolean} busy whether a camera is on its way: one press is enough */
  setBusy(busy) {
    this.#flip.disabled = busy;
    this.#choice.disabled = busy;
    this.#torch.disabled = busy;
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
