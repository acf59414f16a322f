/** One person in detail, as a value: (state, event) -> state. Pure; knows no DOM and no server. */
import { endOfDayMs, lastDay } from '../basics/dates.js';

/** @typedef {import('../gallery/gallery-api.js').Person} Person */
/** @typedef {import('../gallery/gallery-api.js').Example} Example */
/** @typedef {import('../gallery/gallery-api.js').TemplateId} TemplateId */
/**
 * @typedef {object} PersonState
 * @property {string | null} identityId whose detail is open
 * @property {Person | null} person null: not known yet
 * @property {readonly TemplateId[]} selected examples, and rejections, that are chosen
 * @property {string | null} mergeInto whom they may be the same as
 * @property {boolean} busy whether a change is under way
 * @property {string | null} problem a sentence on what went wrong
 */

/** @type {Readonly<PersonState>} */
export const NOBODY = Object.freeze({
  identityId: null,
  person: null,
  selected: Object.freeze([]),
  mergeInto: null,
  busy: false,
  problem: null,
});

/**
 * @typedef {{type: 'open', identityId: string, templateId?: TemplateId | null,
 *     mergeInto?: string | null}
 *   | {type: 'loaded', person: Person}
 *   | {type: 'failed', problem: string, mergeInto?: string}
 *   | {type: 'toggle', templateId: TemplateId}
 *   | {type: 'change'}
 *   | {type: 'changed'}
 *   | {type: 'close'}} PersonEvent
 */

/**
 * @param {PersonState} state
 * @param {PersonEvent} event
 * @returns {PersonState}
 */
export function reducePerson(state, event) {
  switch (event.type) {
    case 'open':
      return {
        ...NOBODY,
        identityId: event.identityId,
        selected: event.templateId == null ? [] : [event.templateId],
        mergeInto: event.mergeInto ?? null,
      };
    case 'loaded': {
      if (event.person.identity_id !== state.identityId) return state;
      const there = new Set(event.person.examples.map((example) => example.template_id));
      const selected = state.selected.filter((templateId) => there.has(templateId));
      return { ...state, person: event.person, selected };
    }
    case 'failed':
      return state.identityId === null
        ? state
        : {
            ...state,
            busy: false,
            problem: event.problem,
            mergeInto: event.mergeInto ?? state.mergeInto,
          };
    case 'toggle': {
      const others = state.selected.filter((templateId) => templateId !== event.templateId);
      const removed = others.length < state.selected.length;
      return { ...state, selected: removed ? others : [...others, event.templateId] };
    }
    case 'change':
      return state.person === null ? state : { ...state, busy: true, problem: null };
    case 'changed':
      return { ...state, busy: false };
    case 'close':
      return NOBODY;
    default:
      throw new TypeError(`no such person event: ${/** @type {any} */ (event).type}`);
  }
}

/**
 * @param {PersonState} state
 * @param {Example['kind']} kind
 * @returns {Example[]}
 */
export function examplesOf({ person }, kind) {
  return person === null ? [] : person.examples.filter((example) => example.kind === kind);
}

/**
 * @param {PersonState} state
 * @returns {boolean} whether what is chosen can be given to somebody else: a rejection says only
 *   whom a face does not show
 */
export function canMove(state) {
  const examples = new Set(examplesOf(state, 'example').map(({ template_id }) => template_id));
  return state.selected.length > 0 && state.selected.every((chosen) => examples.has(chosen));
}

/**
 * What a form has that differs from the person: only that is sent.
 * @param {Person} person
 * @param {{displayName: string, note: string, lastDay: string}} form
 * @returns {{display_name?: string, note?: string | null, expires_at_ms?: number | null}}
 */
export function editsOf(person, form) {
  const edits = {};
  if (form.displayName !== person.display_name) edits.display_name = form.displayName;
  if (form.note !== (person.note ?? '')) edits.note = form.note === '' ? null : form.note;
  // As days: what a script has set to some hour of that day is the same to a date field.
  if (form.lastDay !== lastDay(person.expires_at_ms)) {
    edits.expires_at_ms = endOfDayMs(form.lastDay);
  }
  return edits;
}
