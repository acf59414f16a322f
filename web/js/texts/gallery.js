/** The gallery as a whole: what is worth a look, undoing, restoring, clearing, embedding. Pure. */
import { examplesText } from './words.js';

// --- taking it back ---

export const UNDO_LABEL = 'Undo';
export const UNDONE = 'Undone. All is as it was.';

// --- what is worth a look ---

/** @param {{display_name: string}} a @param {{display_name: string}} b @returns {string} */
export function alikeText(a, b) {
  return (
    `${a.display_name} and ${b.display_name} look so alike that they will be mixed up. ` +
    'If they are one person, merge them.'
  );
}

/** @param {{display_name: string}} outlier @returns {string} */
export function outlierText({ display_name }) {
  return `One example of ${display_name} does not resemble the others. Is it somebody else?`;
}

/** @param {{display_name: string, templates: number}} identity @returns {string} */
export function fewText({ display_name, templates }) {
  return `${display_name} has ${examplesText(templates)} only. More make the name surer.`;
}

/** @param {{display_name: string}} identity @returns {string} */
export function uniformText({ display_name }) {
  return `The examples of ${display_name} are all the same. Add some with the head turned.`;
}

// --- all of it ---

/** What is to be typed before everybody is deleted; the server asks for the same word. */
export const CLEAR_WORD = 'clear';
export const CLEARED = 'Everybody was deleted.';
export const RESTORED = 'The gallery was restored from the file.';

/** @param {import('../gallery/gallery-api.js').Reembedded} status @returns {string} */
export function foreignText({ running, done, total, without_crop }) {
  const left = total - done;
  if (running) return `${done} of ${total - without_crop} examples are embedded anew…`;
  if (left === 0) return `${examplesText(total)} were embedded anew, and are searched now.`;
  const made = left === 1 ? '1 example was made' : `${left} examples were made`;
  const notSearched = `${made} by another model, and ${left === 1 ? 'is' : 'are'} not searched.`;
  if (without_crop === 0) return notSearched;
  return `${notSearched} ${without_crop} of them cannot be embedded anew: there is no picture.`;
}

/** @param {import('../gallery/restore-state.js').RestoreState} state @returns {string} */
export function restoreHeading({ phase, fileName }) {
  switch (phase) {
    case 'checking':
      return `Reading ${fileName}…`;
    case 'choosing':
      return `What shall be done with ${fileName}?`;
    case 'restoring':
      return `Restoring from ${fileName}…`;
    default:
      return '';
  }
}

const MOST_NAMES = 5;

/** @param {readonly string[]} names @returns {string} `A, B, C, D, E and 3 more` */
export function namesText(names) {
  if (names.length <= MOST_NAMES) return names.join(', ');
  return `${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more`;
}

/** @param {number} n @returns {string} */
function peopleCount(n) {
  return n === 1 ? '1 person' : `${n} people`;
}

/**
 * What restoring would do, a sentence each.
 * @param {import('../gallery/gallery-api.js').ImportPlan} plan
 * @param {import('../gallery/gallery-api.js').ImportMode} mode
 * @returns {string[]}
 */
export function planLines(plan, mode) {
  const { people_new, people_changed, people_removed, examples_new, examples_known } = plan;
  const lines = [];
  if (people_removed.length > 0) {
    const gone = people_removed.length === 1 ? 'is deleted' : 'are deleted';
    lines.push(`${peopleCount(people_removed.length)} ${gone}: ${namesText(people_removed)}.`);
  }
  if (people_new.length > 0) {
    const come = people_new.length === 1 ? 'is added' : 'are added';
    lines.push(`${peopleCount(people_new.length)} ${come}: ${namesText(people_new)}.`);
  }
  if (people_changed.length > 0) {
    const names = people_changed.map(({ display_name, added }) => `${display_name} (${added})`);
    lines.push(`More examples for ${namesText(names)}.`);
  }
  if (mode === 'merge' && lines.length === 0) lines.push('Nothing is missing here.');
  lines.push(`${examplesText(examples_new)} to add, ${examples_known} known already.`);
  if (mode === 'replace') lines.push('Examples that are not in the file are deleted.');
  return lines;
}
