/** A request that was refused or got no answer, over the socket or over HTTP. */
export class RequestError extends Error {
  name = 'RequestError';

  /**
   * @param {string} code of docs/protocol.md, or of the page itself; a key of texts.ERRORS
   * @param {string} message
   * @param {boolean} retryable
   */
  constructor(code, message, retryable) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }
}
