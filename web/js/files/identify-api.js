/** Who is in a photo, asked over HTTP; see docs/rest.md. Knows no page. */

/**
 * @typedef {object} IdentifiedFace
 * @property {import('../basics/geometry.js').BoxXyxy} box_xyxy in pixels of the photo
 * @property {string | null} name
 * @property {number} similarity
 * @property {number} confidence
 * @property {string | null} reason why there is no name
 */
/** @typedef {{width: number, height: number, faces: IdentifiedFace[]}} Identified */

export class IdentifyApi {
  #rest;

  /** @param {Pick<import('../connection/rest.js').Rest, 'upload'>} rest */
  constructor(rest) {
    this.#rest = rest;
  }

  /** @param {Blob} photo a picture file @returns {Promise<Identified>} */
  identify(photo) {
    return this.#rest.upload('/api/identify', photo);
  }
}
