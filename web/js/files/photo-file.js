/** A photo file -> a picture that can be shown. */

/**
 * @typedef {object} OpenPhoto
 * @property {string} url
 * @property {import('../basics/geometry.js').SizeWh} sizeWh upright
 * @property {() => void} release to be called when it is not shown any more
 */

/** @param {Blob} file @returns {Promise<OpenPhoto | null>} null: this browser cannot read it */
export async function openPhoto(file) {
  const url = URL.createObjectURL(file);
  const release = () => URL.revokeObjectURL(url);
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch {
    release();
    return null;
  }
  return { url, sizeWh: [image.naturalWidth, image.naturalHeight], release };
}
