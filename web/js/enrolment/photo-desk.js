/** Photos between panel and server: made smaller, sent, and told what became of them. No state. */
import { errorText } from '../texts/errors.js';

export class PhotoDesk {
  #api;
  #panel;
  #shrink;
  #saved;

  /**
   * @param {object} options
   * @param {Pick<import('../gallery/gallery-api.js').GalleryApi, 'addPhotos'>} options.api
   * @param {Pick<import('./photo-panel.js').PhotoPanel, 'dispatch'>} options.panel
   * @param {(file: File) => Promise<Blob>} options.shrink
   * @param {(identity: import('../gallery/gallery.js').Identity) => void} options.saved
   */
  constructor({ api, panel, shrink, saved }) {
    this.#api = api;
    this.#panel = panel;
    this.#shrink = shrink;
    this.#saved = saved;
  }

  /** @param {{displayName: string, files: readonly File[]}} what */
  async send({ displayName, files }) {
    this.#panel.dispatch({ type: 'send' });
    try {
      const photos = [];
      // One after the other: decoded all at once, they would not fit into a phone's memory.
      for (const file of files) {
        photos.push({ blob: await this.#shrink(file), fileName: file.name });
      }
      const { identity, photos: verdicts } = await this.#api.addPhotos(displayName, photos);
      this.#panel.dispatch({
        type: 'answered',
        verdicts: verdicts.map(({ verdict, message }) => ({ verdict, message })),
      });
      if (identity && verdicts.some(({ verdict }) => verdict === 'accepted')) {
        this.#saved(identity);
      }
    } catch (error) {
      this.#panel.dispatch({ type: 'failed', problem: errorText(error) });
    }
  }
}
