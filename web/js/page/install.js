/** The page as an app that opens without the server: registers the service worker, if it may. */

/**
 * @param {ServiceWorkerContainer | undefined} workers not there in an insecure context
 * @param {(error: unknown) => void} note told why there is none; the page works without
 */
export async function keepShell(workers, note) {
  try {
    await workers?.register('/service-worker.js');
  } catch (error) {
    note(error); // a certificate that the device does not trust is reason enough
  }
}
