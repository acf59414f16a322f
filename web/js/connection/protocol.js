/**
 * Wire messages <-> bytes: MessagePack maps with a `type`. Performs no I/O.
 *
 * `docs/protocol.md` is the contract in words. What the server sends is checked once, here, for the
 * fields that the page reads; the other modules trust it.
 */
// Not by the index of the library, which would bring what it has for streams, too.
import { DecodeError } from '../../vendor/msgpack/DecodeError.mjs';
import { Decoder } from '../../vendor/msgpack/Decoder.mjs';
import { Encoder } from '../../vendor/msgpack/Encoder.mjs';

export const PROTOCOL_VERSION = 1;
export const SUBPROTOCOL = `facestream.v${PROTOCOL_VERSION}`;

/** @typedef {{type: string} & Record<string, any>} Message */
/**
 * @typedef {object} Flow how the server wants frames
 * @property {number} rate frames a second
 * @property {number} width of the widest picture, in pixels; of all pixels, 3/4 of its square
 * @property {number} quality of the JPEG, 1 to 100
 * @property {number} window frames that may be unanswered
 */
/** @typedef {Record<string, Record<string, string>>} Schema message type -> field -> kind */

/**
 * Kinds: a name of `typeof`, or `bytes`, `list`, `map`; with `?` it may also be null or absent.
 * @type {Schema}
 */
export const CLIENT_MESSAGES = Object.freeze({
  hello: { client: 'string', resume: 'string?' },
  frame: { seq: 'number', captured_ms: 'number', jpeg: 'bytes' },
  enrol_begin: { request: 'number', wanted: 'number?' },
  enrol_commit: { request: 'number', display_name: 'string', keep: 'list?' },
  enrol_more: { request: 'number', keep: 'list' },
  enrol_cancel: { request: 'number' },
  face_why: { request: 'number', track: 'number' },
  face_reject: { request: 'number', track: 'number', identity_id: 'string' },
  gallery_delete: { request: 'number', identity_id: 'string' },
  gallery_clear: { request: 'number' },
  gallery_undo: { request: 'number', undo_id: 'string' },
});

/** @type {Schema} */
export const SERVER_MESSAGES = Object.freeze({
  hello: {
    protocol: 'number',
    server: 'string',
    session_id: 'string',
    resumed: 'boolean',
    role: 'string',
    flow: 'map',
    examples_wanted: 'number',
    min_examples: 'number',
    keeps_crops: 'boolean',
    gallery_problem: 'string?',
    foreign_templates: 'number',
    limits: 'map',
    gallery: 'map',
  },
  result: {
    seq: 'number',
    captured_ms: 'number',
    size_wh: 'list',
    scan: 'string',
    faces: 'list',
    timings_ms: 'map',
  },
  dropped: { seq: 'number', reason: 'string' },
  flow: { flow: 'map' },
  enrol_progress: {
    seq: 'number?',
    verdict: 'string',
    accepted: 'number',
    wanted: 'number',
    example: 'map?',
    poses: 'map',
    coach: 'string?',
    look_alike: 'map?',
  },
  enrol_committed: { request: 'number', revision: 'number', identity: 'map' },
  face_explained: {
    request: 'number',
    track: 'number',
    name: 'string?',
    identity_id: 'string?',
    similarity: 'number',
    confidence: 'number',
    reason: 'string?',
    threshold: 'number',
    lead_needed: 'number',
    candidates: 'list',
    examples: 'list',
  },
  ok: { request: 'number', undo: 'map?' },
  gallery: { revision: 'number', cleared: 'boolean', removed: 'list', upserted: 'list' },
  error: {
    code: 'string',
    message: 'string',
    retryable: 'boolean',
    seq: 'number?',
    request: 'number?',
  },
});

/** Bytes or fields that are not a message of protocol v1. */
export class ProtocolError extends Error {
  name = 'ProtocolError';
}

/**
 * The MessagePack bytes of `message`. A field that is undefined is left out.
 * @param {Message} message
 * @param {Schema} [schema]
 * @returns {Uint8Array}
 * @throws {ProtocolError} no such type, or a field missing or of the wrong kind
 */
export function encode(message, schema = CLIENT_MESSAGES) {
  check(message, schema);
  return new Encoder({ ignoreUndefined: true }).encodeSharedRef(message);
}

/**
 * The message in `bytes`. Binary fields are views of `bytes`, not copies.
 * @param {ArrayBuffer | Uint8Array} bytes
 * @param {Schema} [schema]
 * @returns {Message}
 * @throws {ProtocolError} not MessagePack, no such type, or a field missing or of the wrong kind
 */
export function decode(bytes, schema = SERVER_MESSAGES) {
  let message;
  try {
    message = new Decoder().decode(bytes);
  } catch (error) {
    // RangeError: the bytes end too early. TypeError: what came is not binary at all.
    if (error instanceof DecodeError || error instanceof RangeError || error instanceof TypeError) {
      throw new ProtocolError(`not a MessagePack message: ${error.message}`, { cause: error });
    }
    throw error;
  }
  check(message, schema);
  return message;
}

function check(message, schema) {
  if (!isMap(message)) {
    throw new ProtocolError(`a message must be a map, got ${kindOf(message)}`);
  }
  if (typeof message.type !== 'string' || !Object.hasOwn(schema, message.type)) {
    throw new ProtocolError(`no such message type: ${String(message.type)}`);
  }
  for (const [field, kind] of Object.entries(schema[message.type])) {
    const value = message[field];
    const optional = kind.endsWith('?');
    if (optional && (value === null || value === undefined)) continue;
    const expected = optional ? kind.slice(0, -1) : kind;
    if (kindOf(value) !== expected) {
      throw new ProtocolError(
        `${message.type}.${field}: expected ${expected}, got ${kindOf(value)}`,
      );
    }
  }
}

function isMap(value) {
  return kindOf(value) === 'map';
}

function kindOf(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Uint8Array) return 'bytes';
  return typeof value === 'object' ? 'map' : typeof value;
}
