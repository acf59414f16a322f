/** The composition root: makes the parts and wires them. Decides nothing that a part could decide. */
import { Camera } from './camera.js';
import { CapturePanel } from './capture-panel.js';
import { realClock } from './clock.js';
import { Connection } from './connection.js';
import { FrameEncoder } from './frame-encoder.js';
import { EMPTY_GALLERY, applyGalleryEvent, findByName, galleryFromHello } from './gallery.js';
import { Notice } from './notice.js';
import { Overlay } from './overlay.js';
import { PeoplePanel } from './people-panel.js';
import { Sheet } from './sheet.js';
import { StageStats } from './stage-stats.js';
import { StagesPanel } from './stages-panel.js';
import { LiveStats } from './stats.js';
import { StatusBar } from './status-bar.js';
import { Streamer, videoTicks } from './streamer.js';
import {
  CAMERA_NOTICES,
  CONNECTION_LOST_IN_CAPTURE,
  CONNECTION_NOTICES,
  deletedText,
  errorText,
  savedText,
} from './texts.js';
import { Toast } from './toast.js';

const CLIENT = 'facestream-web 0.1.0';
const FIGURES_EVERY_MS = 500;

function main() {
  const byId = (id) => document.getElementById(id);
  const video = /** @type {HTMLVideoElement} */ (byId('video'));
  const flipButton = byId('camera-flip');

  const toast = new Toast(byId('toast'));
  const reportError = (error) => {
    console.error(error);
    toast.warn(errorText(error));
  };
  // Whatever is caught nowhere else ends here, too.
  window.addEventListener('error', (event) => reportError(event.error ?? event));
  window.addEventListener('unhandledrejection', (event) => reportError(event.reason));

  let gallery = EMPTY_GALLERY;
  const stats = new LiveStats();
  const stageStats = new StageStats();
  const status = new StatusBar(byId('status-bar'));
  const notice = new Notice(byId('notice'));
  const sheet = new Sheet(byId('sheet'));
  const overlay = new Overlay({ video, canvas: byId('overlay'), list: byId('faces-live') });
  const capture = new CapturePanel(byId('capture-panel'), {
    thumbnail: byId('thumbnail-template'),
    findKnown: (name) => findByName(gallery, name),
  });
  const people = new PeoplePanel(byId('people-panel'), {
    person: byId('person-template'),
    badge: byId('people-badge'),
  });
  const camera = new Camera({ video });
  const connection = new Connection({ url: socketUrl(), client: CLIENT });
  const encoder = new FrameEncoder(video);
  const streamer = new Streamer({
    encode: (flow) => encoder.encode(flow),
    send: (frame) => connection.sendFrame(frame),
    ticks: (onTick) => videoTicks(video, onTick),
    onError: reportError,
  });
  const stagesPanel = new StagesPanel(byId('stages-panel'), {
    button: byId('status-figures'),
    row: byId('stage-template'),
    read: () => ({ figures: stageStats.read(realClock.now()), flow: streamer.flow }),
  });

  const showGallery = (next) => {
    gallery = next;
    people.show(gallery.identities);
    capture.galleryChanged();
  };
  const availabilityChanged = () => {
    capture.setAvailable({ camera: camera.running, server: connection.live });
    people.setAvailable(connection.live);
  };
  const showNotice = (topic, content) => {
    notice.set(topic, content);
    if (content) sheet.show('capture'); // a long list of people would cover it
  };
  const restartView = () => {
    overlay.clear(streamer.nextSeq);
    stats.reset();
    stageStats.reset();
  };
  // Somebody is looking, or the network is back: no reason to wait for the next try, or to rest.
  const openUnlessOver = () => {
    if (!connection.over) connection.open();
  };
  const giveUpCapture = () => {
    capture.dispatch({ type: 'failed', problem: CONNECTION_LOST_IN_CAPTURE });
  };

  // --- connection ---

  on(connection, 'state', (change) => {
    status.showConnection(change);
    const topic = change.state === 'denied' ? 'denied' : change.reason;
    showNotice('connection', topic ? CONNECTION_NOTICES[topic] : null);
    if (change.state !== 'live') {
      streamer.setCondition('connected', false);
      restartView();
    }
    // While it reconnects there is hope: the next hello tells whether the session came back.
    if (change.state === 'closed' || change.state === 'denied') giveUpCapture();
    availabilityChanged();
    // A page that slept hears only now that it was sent to rest, when somebody looks again.
    if (change.reason === 'idle' && camera.running && pageVisible()) openUnlessOver();
  });
  on(connection, 'hello', (hello) => {
    capture.setLimits({
      examplesWanted: hello.examples_wanted,
      nameLength: hello.limits.name_length,
    });
    showGallery(galleryFromHello(hello.gallery));
    streamer.connected(hello.flow);
    if (!hello.resumed) giveUpCapture();
    else if (capture.starting) beginCapture();
  });
  on(connection, 'flow', ({ flow }) => streamer.follow(flow));
  on(connection, 'result', (result) => {
    streamer.answered(result.seq);
    stats.add(realClock.now(), result.captured_ms);
    stageStats.addResult(realClock.now(), result);
    overlay.show(result);
    capture.frameAnswered();
  });
  on(connection, 'dropped', ({ seq, reason }) => {
    streamer.answered(seq);
    stageStats.addDropped(realClock.now(), reason);
  });
  on(connection, 'frame_error', ({ seq, error }) => {
    streamer.answered(seq);
    reportError(error);
  });
  on(connection, 'fault', reportError);
  on(connection, 'enrol_progress', (message) => capture.dispatch({ type: 'progress', message }));
  on(connection, 'gallery', (event) => showGallery(applyGalleryEvent(gallery, event)));

  // --- camera ---

  on(camera, 'started', ({ mirrored, canFlip }) => {
    showNotice('camera', null);
    video.dataset.running = 'true';
    flipButton.hidden = !canFlip;
    overlay.setMirrored(mirrored);
    restartView();
    streamer.setCondition('camera', true);
    availabilityChanged();
    openUnlessOver();
  });
  on(camera, 'changed', ({ canFlip }) => {
    flipButton.hidden = !canFlip;
  });
  on(camera, 'stopped', ({ kind, error }) => {
    if (error) console.warn(error);
    showNotice('camera', CAMERA_NOTICES[kind]);
    video.dataset.running = 'false';
    flipButton.hidden = true;
    streamer.setCondition('camera', false);
    restartView();
    availabilityChanged();
  });
  flipButton.addEventListener('click', async () => {
    flipButton.disabled = true;
    streamer.setCondition('camera', false);
    await camera.flip();
    flipButton.disabled = false;
  });

  // --- people ---

  const beginCapture = async () => {
    try {
      await connection.request('enrol_begin', { wanted: null }); // null: the server's setting
    } catch (error) {
      // Nobody knows whether it was begun. A session that comes back is asked again.
      if (error.code === 'connection_lost') return;
      capture.dispatch({ type: 'failed', problem: errorText(error) });
    }
  };
  on(capture, 'begin', ({ wanted }) => {
    capture.dispatch({ type: 'begin', wanted });
    beginCapture();
  });
  on(capture, 'discard', async () => {
    capture.dispatch({ type: 'discarded' });
    try {
      await connection.request('enrol_cancel');
    } catch (error) {
      // Forgotten already, or with the session: what was wanted.
      if (!['no_enrolment', 'connection_lost'].includes(error.code)) throw error;
    }
  });
  on(capture, 'commit', async ({ displayName, keep }) => {
    capture.dispatch({ type: 'commit' });
    try {
      const { identity } = await connection.request('enrol_commit', {
        display_name: displayName,
        keep,
      });
      capture.dispatch({ type: 'committed', identity });
      toast.say(savedText(identity));
      sheet.show('people');
      people.highlight(identity.identity_id);
    } catch (error) {
      const type = error.code === 'no_enrolment' ? 'failed' : 'refused';
      capture.dispatch({ type, problem: errorText(error) });
    }
  });
  on(people, 'delete', async ({ identity }) => {
    try {
      await connection.request('gallery_delete', { identity_id: identity.identity_id });
      toast.say(deletedText(identity));
    } catch (error) {
      reportError(error);
    }
  });

  // --- the page ---

  on(notice, 'action', ({ topic }) => {
    if (topic === 'camera') camera.start();
    else if (connection.over) location.reload();
    else connection.open();
  });
  const visibilityChanged = () => {
    streamer.setCondition('visible', pageVisible());
    if (!pageVisible()) return;
    camera.restartIfEnded();
    openUnlessOver();
  };
  document.addEventListener('visibilitychange', visibilityChanged);
  window.addEventListener('focus', openUnlessOver);
  window.addEventListener('online', openUnlessOver);
  // Without this, phones keep the page out of their back-forward cache.
  window.addEventListener('pagehide', () => connection.close());
  window.addEventListener('pageshow', (event) => event.persisted && connection.open());
  setInterval(() => {
    status.showFigures(stats.read(realClock.now()));
    stagesPanel.refresh();
  }, FIGURES_EVERY_MS);

  showGallery(gallery);
  visibilityChanged();
  connection.open(); // a page that was opened in the background, too
  camera.start();
}

function pageVisible() {
  return document.visibilityState === 'visible';
}

function on(target, type, handle) {
  target.addEventListener(type, (event) => handle(event.detail));
}

function socketUrl() {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return `${scheme}//${location.host}/ws`;
}

main();
