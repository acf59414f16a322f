/** The camera: what it is called, and what to do when there is no picture. Pure. */

/** @typedef {import('../page/notice.js').Content} Content */

/** Where the switch is that forbids the camera. */
const ALLOW_STEPS = Object.freeze([
  {
    where: 'Chrome, Edge',
    how: 'Tap the sign at the left of the address, then Permissions or Site settings, and allow the camera.',
  },
  {
    where: 'Safari on iPhone and iPad',
    how: 'Tap the sign beside the address, then the three dots or Website Settings, and allow the camera. If it is not there: Settings, Apps, Safari, Camera.',
  },
  {
    where: 'Firefox',
    how: 'Click the crossed-out camera or the lock beside the address, and take the block away.',
  },
  {
    where: 'None of these',
    how: 'The device itself may forbid its browser the camera: look under privacy in its settings.',
  },
]);

/**
 * What to do when there is no picture. `resting` has no notice: nobody looks then.
 * @type {Readonly<Record<string, Content>>}
 */
export const CAMERA_NOTICES = Object.freeze({
  welcome: {
    title: 'Who is in the picture?',
    text: 'facestream finds faces and says whom it knows. Pictures go to this server only, and no frame is stored. Of people whom you add, small pictures of the face are.',
    action: 'Start the camera',
    kind: 'welcome',
  },
  denied: {
    title: 'The camera is not allowed',
    text: 'This browser was told not to give the camera to this page. Allow it, then try again.',
    steps: ALLOW_STEPS,
    action: 'Try again',
    kind: 'denied',
  },
  missing: {
    title: 'No camera found',
    text: 'Connect a camera to this device: it starts by itself. One that has a switch or a cover may be shut.',
    action: 'Try again',
  },
  busy: {
    title: 'The camera is in use',
    text: 'Another program or page holds the camera: a call, perhaps, or another tab. Close it, then try again.',
    action: 'Try again',
  },
  insecure: {
    title: 'This address is not secure',
    text: 'Browsers give the camera to pages at https:// addresses only. Open the https:// address that the server printed.',
    action: null,
  },
  ended: {
    title: 'The camera has stopped',
    text: 'It was disconnected, or taken by something else. When it is plugged in again, it starts by itself.',
    action: 'Start the camera',
  },
  gesture: {
    title: 'Ready when you are',
    text: 'This browser starts the camera only after a tap.',
    action: 'Start the camera',
  },
  failed: {
    title: 'The camera does not start',
    text: 'Something unexpected happened. Try again, or reload the page.',
    action: 'Try again',
  },
});

/**
 * @param {string} label as the browser has it; empty, as long as the camera is not allowed
 * @param {number} position counted from 1
 * @returns {string}
 */
export function cameraName(label, position) {
  return label || `Camera ${position}`;
}
