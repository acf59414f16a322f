/** Connection, frame rate and latency, over the video. Owns its container. */
import { connectionText } from '../texts/connection.js';
import { frameRateText, latencyText } from '../texts/figures.js';

export class StatusBar {
  #chip;
  #text;
  #frameRate;
  #latency;
  /** @type {import('../connection/connection.js').ConnectionState} */
  #connection = { state: 'connecting' };
  /** @type {import('../connection/transport.js').TransportKind} */
  #transport = 'socket';
  #quality = 'good';
  #online = true;

  /** @param {HTMLElement} container */
  constructor(container) {
    this.#chip = container.querySelector('#status-connection');
    this.#text = this.#chip.querySelector('.text');
    this.#frameRate = container.querySelector('#status-fps');
    this.#latency = container.querySelector('#status-latency');
  }

  /**
   * @param {import('../connection/connection.js').ConnectionState} connection
   * @param {import('../connection/transport.js').TransportKind} transport
   */
  showConnection(connection, transport) {
    this.#connection = connection;
    this.#transport = transport;
    this.#render();
  }

  /** @param {boolean} online whether this device has any network */
  showOnline(online) {
    this.#online = online;
    this.#render();
  }

  /**
   * @param {{framesPerSecond: number | null, latencyMs: number | null}} figures
   * @param {'good' | 'slow'} quality what they come to
   */
  showFigures({ framesPerSecond, latencyMs }, quality) {
    this.#frameRate.textContent = frameRateText(framesPerSecond);
    this.#latency.textContent = latencyText(latencyMs);
    if (quality === this.#quality) return;
    this.#quality = quality;
    this.#render();
  }

  #render() {
    const { state } = this.#connection;
    // A count-down that is spoken every second is a nuisance: only a new state is announced.
    this.#chip.setAttribute('aria-live', state === 'reconnecting' ? 'off' : 'polite');
    this.#chip.dataset.state = state;
    this.#chip.dataset.quality = this.#quality;
    this.#chip.dataset.transport = this.#transport;
    const text = connectionText({
      ...this.#connection,
      transport: this.#transport,
      slow: this.#quality === 'slow',
      offline: !this.#online,
    });
    // The same text again would be spoken again by screen readers.
    if (this.#text.textContent !== text) this.#text.textContent = text;
  }
}
