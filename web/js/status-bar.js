/** Connection, frame rate and latency, over the video. Owns its container. */
import { connectionText, frameRateText, latencyText } from './texts.js';

export class StatusBar {
  #connection;
  #connectionText;
  #frameRate;
  #latency;

  /** @param {HTMLElement} container */
  constructor(container) {
    this.#connection = container.querySelector('#status-connection');
    this.#connectionText = this.#connection.querySelector('.text');
    this.#frameRate = container.querySelector('#status-fps');
    this.#latency = container.querySelector('#status-latency');
  }

  /**
   * @param {import('./connection.js').ConnectionState} connection
   * @param {import('./transport.js').TransportKind} transport
   */
  showConnection(connection, transport) {
    const { state } = connection;
    // A count-down that is spoken every second is a nuisance: only a new state is announced.
    this.#connection.setAttribute('aria-live', state === 'reconnecting' ? 'off' : 'polite');
    this.#connection.dataset.state = state;
    this.#connection.dataset.transport = transport;
    this.#connectionText.textContent = connectionText({ ...connection, transport });
  }

  /** @param {{framesPerSecond: number | null, latencyMs: number | null}} figures */
  showFigures({ framesPerSecond, latencyMs }) {
    this.#frameRate.textContent = frameRateText(framesPerSecond);
    this.#latency.textContent = latencyText(latencyMs);
  }
}
