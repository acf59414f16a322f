/** The helper page is put together here, and nowhere else. */
import { Checker } from './checker.js';
import { appUrl, goesByItself, reachUrls } from './destination.js';
import { platformOf } from './platform.js';
import { liveAnswers, pageAnswers } from './probes.js';
import { showCertificate, showSteps, View } from './view.js';

const view = new View(document);
/** @type {Checker | null} */
let checker = null;

showSteps(document, platformOf(navigator));
view.onAgain(begin);
document.addEventListener('visibilitychange', () => checker?.look());
window.addEventListener('hashchange', () => location.reload()); // another invitation
begin();

async function begin() {
  view.showTrying(); // with no button that could be pressed twice
  checker ??= await makeChecker();
  checker?.start();
}

/** @returns {Promise<Checker | null>} null: the server does not say where the app is */
async function makeChecker() {
  let about;
  try {
    about = await (await fetch('/about.json', { cache: 'no-store' })).json();
  } catch {
    view.showLost();
    return null;
  }
  showCertificate(document, about);
  const urls = reachUrls(location, about.https_port);
  const app = appUrl(location, about.https_port);
  view.leadTo(app);
  return new Checker({
    page: () => pageAnswers(urls.page),
    live: () => liveAnswers(urls.live),
    isSeen: () => document.visibilityState === 'visible',
    show: (reach) => {
      const leaving = goesByItself(reach, location);
      view.show(reach, leaving);
      // In the place of this page: else the way back would lead here, and here on again.
      if (leaving) location.replace(app);
    },
  });
}
