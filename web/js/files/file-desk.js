/**
 * Photos and videos in the place of the camera: opened, sent, saved with boxes and names, closed.
 * Whatever is opened takes the place of what was there before.
 */
import { scaledBox } from '../basics/geometry.js';
import { shrinkPhoto } from './photo-shrink.js';
import {
  FILE_UNKNOWN,
  PHOTO_UNREADABLE,
  PICTURE_NOT_MADE,
  VIDEO_UNPLAYABLE,
  fileErrorText,
} from '../texts/files.js';
import { annotatedPicture, namedFileName, saveFile } from './annotated-picture.js';
import { fileKind } from './file-state.js';
import { openPhoto } from './photo-file.js';

/** @typedef {{face: any, box: import('../basics/geometry.js').BoxXyxy}} PlacedFace */

export class FileDesk {
  #api;
  #view;
  #camera;
  #video;
  #warn;
  #read;
  #shrink;
  #annotate;
  #save;
  /** Rises with whatever is opened or closed, so that an answer to an older question is dropped. */
  #turn = 0;
  /** Where the overlay shows faces of a video. @type {readonly PlacedFace[]} */
  #placed = [];

  /**
   * @param {object} options
   * @param {Pick<import('./identify-api.js').IdentifyApi, 'identify'>} options.api
   * @param {Pick<import('./file-view.js').FileView,
   *   'state' | 'picture' | 'sizeWh' | 'showPhoto' | 'dispatch'>} options.view
   * @param {Pick<import('../camera/camera.js').Camera, 'start' | 'stop'>} options.camera
   * @param {Pick<import('../camera/video-file.js').VideoFile,
   *   'picture' | 'sizeWh' | 'play' | 'stop' | 'inPicture' | 'addEventListener'>} options.video
   * @param {(text: string) => void} options.warn
   * @param {typeof openPhoto} [options.read]
   * @param {(file: File) => Promise<Blob>} [options.shrink]
   * @param {typeof annotatedPicture} [options.annotate]
   * @param {typeof saveFile} [options.save]
   */
  constructor({
    api,
    view,
    camera,
    video,
    warn,
    read = openPhoto,
    shrink = shrinkPhoto,
    annotate = annotatedPicture,
    save = saveFile,
  }) {
    this.#api = api;
    this.#view = view;
    this.#camera = camera;
    this.#video = video;
    this.#warn = warn;
    this.#read = read;
    this.#shrink = shrink;
    this.#annotate = annotate;
    this.#save = save;
    video.addEventListener('stopped', (event) => {
      if (/** @type {CustomEvent} */ (event).detail.kind !== 'unplayable') return;
      this.#warn(VIDEO_UNPLAYABLE);
      this.close();
    });
  }

  /** @param {File} file */
  async open(file) {
    const kind = fileKind(file);
    if (kind === null) this.#warn(FILE_UNKNOWN);
    else if (kind === 'photo') await this.#showPhoto(file, ++this.#turn);
    else await this.#playVideo(file);
  }

  /** Back to the camera. */
  close() {
    if (this.#view.state.phase === 'closed') return;
    this.#turn += 1;
    this.#video.stop();
    this.#view.dispatch({ type: 'close' });
    this.#camera.start();
  }

  /** What the overlay shows now. @param {readonly PlacedFace[]} placed */
  facesPlaced(placed) {
    this.#placed = placed;
  }

  /** Save the picture that is shown, with boxes and names. */
  async download() {
    const { phase, fileName, faces } = this.#view.state;
    const blob =
      phase === 'playing'
        ? await this.#annotate(
            this.#video.picture,
            this.#video.sizeWh,
            this.#video.inPicture(this.#placed),
          )
        : await this.#annotate(
            this.#view.picture,
            this.#view.sizeWh,
            faces.map((face) => ({ face, box: face.box_xyxy })),
          );
    if (blob) this.#save(blob, namedFileName(fileName));
    else this.#warn(PICTURE_NOT_MADE);
  }

  async #showPhoto(file, turn) {
    const photo = await this.#read(file);
    if (turn !== this.#turn) {
      photo?.release();
      return;
    }
    if (photo === null) {
      this.#warn(PHOTO_UNREADABLE);
      return;
    }
    this.#takePlace();
    this.#view.showPhoto(photo);
    this.#view.dispatch({ type: 'open', kind: 'photo', fileName: file.name });
    try {
      const { width, height, faces } = await this.#api.identify(await this.#shrink(file));
      if (turn !== this.#turn) return;
      const inPhoto = (box) => scaledBox(box, [width, height], photo.sizeWh);
      this.#view.dispatch({
        type: 'answered',
        faces: faces.map((face) => ({ ...face, box_xyxy: inPhoto(face.box_xyxy) })),
      });
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#view.dispatch({ type: 'failed', problem: fileErrorText(error) });
    }
  }

  async #playVideo(file) {
    this.#turn += 1;
    this.#takePlace();
    this.#view.dispatch({ type: 'open', kind: 'video', fileName: file.name });
    await this.#video.play(file);
  }

  #takePlace() {
    this.#camera.stop(null);
    this.#video.stop();
    this.#placed = [];
  }
}
