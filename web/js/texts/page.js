/**
 * The sentences that stand in index.html, and how they are shown: together with the other modules
 * of this room all that the page says. Another language translates the right side here, and the
 * values there. On the left is the English of index.html, which is what is seen before the modules
 * are loaded.
 */

/** Of the whole room, as HTML names it. */
export const LANGUAGE = 'en';

/** Names, figures, and the word that the server wants to be typed before it clears the gallery. */
export const UNTRANSLATED = Object.freeze(['facestream', '0', '– fps', '– ms', 'clear']);

export const PAGE_TEXTS = Object.freeze({
  'Live view': 'Live view',
  'Camera picture': 'Camera picture',
  'Faces in view. Choose one to see why it has its name.':
    'Faces in view. Choose one to see why it has its name.',
  'Connecting…': 'Connecting…',
  'Answered pictures a second': 'Answered pictures a second',
  'From the camera to the answer': 'From the camera to the answer',
  'Where the time goes': 'Where the time goes',
  'Computed together': 'Computed together',
  'Frames searched as a whole': 'Frames searched as a whole',
  'Faces embedded anew': 'Faces embedded anew',
  'Superseded in 10 s': 'Superseded in 10 s',
  'Expired in 10 s': 'Expired in 10 s',
  'Server asks for': 'Server asks for',
  'in pictures of': 'in pictures of',
  'Light': 'Light',
  'Camera': 'Camera',
  'Other camera': 'Other camera',
  'Photo or video': 'Photo or video',
  'Faces in the photo': 'Faces in the photo',
  'Download': 'Download',
  'Close': 'Close',
  'People': 'People',
  'Similarity': 'Similarity',
  'Needed': 'Needed',
  'Nearest examples that agree': 'Nearest examples that agree',
  'Runner-up': 'Runner-up',
  'Lead': 'Lead',
  'Nearest examples': 'Nearest examples',
  'Show': 'Show',
  'Add a person': 'Add a person',
  'Poses': 'Poses',
  'Examples': 'Examples',
  'Name': 'Name',
  'Capture examples': 'Capture examples',
  'Add photos': 'Add photos',
  'Add person': 'Add person',
  'Photos': 'Photos',
  'More photos': 'More photos',
  'Embed them anew': 'Embed them anew',
  'Nobody is known yet.': 'Nobody is known yet.',
  'Capture examples of a person, and their name appears at their face.':
    'Capture examples of a person, and their name appears at their face.',
  'Worth a look': 'Worth a look',
  'Search': 'Search',
  'Search by name': 'Search by name',
  'Nobody has such a name.': 'Nobody has such a name.',
  'Add a phone': 'Add a phone',
  'Save, restore, clear': 'Save, restore, clear',
  'Save': 'Save',
  'Restore': 'Restore',
  'Saved gallery': 'Saved gallery',
  'Add what is missing': 'Add what is missing',
  'Replace everybody': 'Replace everybody',
  'Cancel': 'Cancel',
  'To delete everybody, type': 'To delete everybody, type',
  'Clear all': 'Clear all',
  'Back to everybody': 'Back to everybody',
  'What the phone may do': 'What the phone may do',
  'May watch': 'May watch',
  'May also add people': 'May also add people',
  'Who has access': 'Who has access',
  'QR code of the link': 'QR code of the link',
  'Link': 'Link',
  'Copy link': 'Copy link',
  'The phone warns about the certificate?': 'The phone warns about the certificate?',
  'It does not know this server yet. Point its camera at this code instead: the page behind it shows how to trust the server, and leads on to the live view.':
    'It does not know this server yet. Point its camera at this code instead: the page behind it shows how to trust the server, and leads on to the live view.',
  'QR code of the page for the first time': 'QR code of the page for the first time',
  'New code': 'New code',
  'This server keeps no pictures: examples are numbered.':
    'This server keeps no pictures: examples are numbered.',
  'Not this person': 'Not this person',
  'Faces that look like these do not get this name.':
    'Faces that look like these do not get this name.',
  'Choose examples to delete them or to move them to somebody else.':
    'Choose examples to delete them or to move them to somebody else.',
  'Move to': 'Move to',
  'Move': 'Move',
  'Note: what they agreed to': 'Note: what they agreed to',
  'Kept until: deleted after that day': 'Kept until: deleted after that day',
  'Save changes': 'Save changes',
  'Merge into somebody else': 'Merge into somebody else',
  'They are the same person as': 'They are the same person as',
});
