/** What went wrong, by its code: of the server, and of this page. Pure. */

/** Error codes of docs/protocol.md. What is not here is told in the server's own sentence. */
export const ERRORS = Object.freeze({
  message_too_big: 'The camera picture is too big for the server.',
  picture_too_large: 'The camera picture is too big for the server.',
  bad_picture: 'The server could not read a camera picture.',
  bad_name: 'This name cannot be used. Type a name of up to 100 characters.',
  no_enrolment: 'The server has forgotten the examples. Please capture them again.',
  no_examples: 'No example is left. Please capture them again.',
  too_few_examples: 'These are too few examples. Please take some more.',
  no_such_face: 'This face is not in view any more.',
  no_such_example: 'This example is not there any more.',
  no_such_identity: 'This person is not known any more.',
  name_taken: 'Somebody else has that name. Choose another one, or merge the two.',
  gallery_full: 'No more people or examples fit in. Delete some, or let the operator raise the limit.',
  no_such_token: 'This device had no access any more.',
  nothing_to_undo: 'This cannot be undone any more.',
  bad_archive: 'This file is not a saved gallery, or it is damaged.',
  not_confirmed: 'Nobody was deleted: the word that confirms it was missing.',
  unauthorised:
    'This browser has no access any more. Open the link that the server printed, or a new join link.',
  not_allowed: 'This device may not do that. Ask whoever runs facestream.',
  fingerprint_mismatch:
    'The people here were added with another model. They must be re-embedded on the server first.',
  overloaded: 'The server is too busy. Please try again.',
  worker_failed: 'The server could not compute a picture. Please try again.',
  store_failed: 'The server could not save this. Nothing was changed.',
  shutting_down: 'The server is being stopped. This page connects again when it is back.',
  // Made in the page itself:
  connection_lost: 'The connection was lost. Please try again.',
  bad_answer: 'The server gave an answer that makes no sense. Please try again.',
  no_answer: 'The server did not answer. Please try again.',
  page_fault: 'Something went wrong in this page. Reload it if it does not go on.',
});

/**
 * @param {{code?: string, message?: string}} error
 * @returns {string} one sentence for people
 */
export function errorText(error) {
  return ERRORS[error?.code] ?? (error?.code && error.message ? error.message : ERRORS.page_fault);
}
