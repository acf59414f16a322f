/** Addresses of pictures that are in memory, by key. Owns them: each is given back in the end. */

export class ObjectUrls {
  #make;
  #giveBack;
  /** @type {Map<string, string>} */
  #urls = new Map();

  /** @param {{make?: (jpeg: Uint8Array) => string, giveBack?: (url: string) => void}} [options] */
  constructor({
    make = (jpeg) => URL.createObjectURL(new Blob([jpeg], { type: 'image/jpeg' })),
    giveBack = (url) => URL.revokeObjectURL(url),
  } = {}) {
    this.#make = make;
    this.#giveBack = giveBack;
  }

  /** @param {string} key @param {Uint8Array} jpeg @returns {string} the same for the same key */
  of(key, jpeg) {
    let url = this.#urls.get(key);
    if (url === undefined) {
      url = this.#make(jpeg);
      this.#urls.set(key, url);
    }
    return url;
  }

  /** Give all back but those. @param {Iterable<string>} keys */
  keepOnly(keys) {
    const kept = new Set(keys);
    for (const [key, url] of this.#urls) {
      if (kept.has(key)) continue;
      this.#giveBack(url);
      this.#urls.delete(key);
    }
  }
}
