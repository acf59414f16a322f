/** The composition root: makes the parts and wires them. Decides nothing that a part could. */
import { AccessDesk } from './access/access-desk.js';
import { AccessList } from './access/access-list.js';
import { JoinDesk } from './access/join-desk.js';
import { JoinPanel } from './access/join-panel.js';
import { permissionsOf } from './access/roles.js';
import { realClock } from './basics/clock.js';
import { CameraControls } from './camera/camera-controls.js';
import { CameraDesk } from './camera/camera-desk.js';
import { CameraMemory } from './camera/camera-memory.js';
import { CameraPermission } from './camera/camera-permission.js';
import { Camera } from './camera/camera.js';
import { FrameEncoder } from './camera/frame-encoder.js';
import { Streamer, videoTicks } from './camera/streamer.js';
import { VideoFile } from './camera/video-file.js';
import { WakeLock } from './camera/wake-lock.js';
import { Connection } from './connection/connection.js';
import { Rest } from './connection/rest.js';
import { Transport } from './connection/transport.js';
import { CaptureFlow } from './enrolment/capture-flow.js';
import { CapturePanel } from './enrolment/capture-panel.js';
import { isUnderWay, takingOf } from './enrolment/capture-state.js';
import { PhotoDesk } from './enrolment/photo-desk.js';
import { PhotoPanel } from './enrolment/photo-panel.js';
import { shrinkPhoto } from './files/photo-shrink.js';
import { FaceDesk } from './faces/face-desk.js';
import { FaceList } from './faces/face-list.js';
import { FacePanel } from './faces/face-panel.js';
import { Overlay } from './faces/overlay.js';
import { Quality } from './figures/quality.js';
import { StageStats } from './figures/stage-stats.js';
import { StagesPanel } from './figures/stages-panel.js';
import { LiveStats } from './figures/stats.js';
import { StatusBar } from './figures/status-bar.js';
import { FileDesk } from './files/file-desk.js';
import { takeFileDrops } from './files/file-drops.js';
import { FileView } from './files/file-view.js';
import { IdentifyApi } from './files/identify-api.js';
import { ForeignLine } from './gallery/foreign-line.js';
import { GalleryApi } from './gallery/gallery-api.js';
import { GalleryDesk } from './gallery/gallery-desk.js';
import { GalleryFile } from './gallery/gallery-file.js';
import { EMPTY_GALLERY, applyGalleryEvent, galleryFromHello } from './gallery/gallery.js';
import { HealthList } from './gallery/health-list.js';
import { HealthWatch } from './gallery/health-watch.js';
import { Reembedding } from './gallery/reembedding.js';
import { UndoOffers } from './gallery/undo.js';
import { fillPage } from './page/fill-page.js';
import { keepShell } from './page/install.js';
import { Notice } from './page/notice.js';
import { Sheet } from './page/sheet.js';
import { Toast } from './page/toast.js';
import { PeopleList } from './people/people-list.js';
import { PeoplePanel } from './people/people-panel.js';
import { PersonDesk } from './people/person-desk.js';
import { PersonDetail } from './people/person-detail.js';
import { CAMERA_NOTICES } from './texts/camera.js';
import { CONNECTION_NOTICES } from './texts/connection.js';
import { savedText } from './texts/enrolment.js';
import { errorText } from './texts/errors.js';
import { FILE_IN_CAPTURE } from './texts/files.js';
import { LANGUAGE, PAGE_TEXTS } from './texts/page.js';

const CLIENT = 'facestream-web 0.1.0';
const FIGURES_EVERY_MS = 500;

function main() {
  document.documentElement.lang = LANGUAGE;
  fillPage(document, PAGE_TEXTS);
  const byId = (id) => document.getElementById(id);
  const video = /** @type {HTMLVideoElement} */ (byId('video'));

  const toast = new Toast(byId('toast'));
  const say = (text) => toast.say(text);
  const reportError = (error) => {
    console.error(error);
    toast.warn(errorText(error));
  };
  // Whatever is caught nowhere else ends here, too.
  window.addEventListener('error', (event) => reportError(event.error ?? event));
  window.addEventListener('unhandledrejection', (event) => reportError(event.reason));

  // --- the parts ---

  let known = EMPTY_GALLERY;
  const gallery = () => known;
  let may = permissionsOf('viewer');
  const cameraMemory = new CameraMemory();
  const camera = new Camera({ video, memory: cameraMemory });
  const cameraDesk = new CameraDesk({
    camera,
    permission: new CameraPermission(),
    memory: cameraMemory,
  });
  const cameraControls = new CameraControls(byId('camera-controls'));
  const videoFile = new VideoFile(video);
  const wakeLock = new WakeLock();
  const transport = new Transport();
  const connection = new Connection({
    url: socketUrl(),
    client: CLIENT,
    makeSocket: (url, protocol) => transport.make(url, protocol),
  });
  const rest = new Rest();
  const api = new GalleryApi(rest);
  const undo = new UndoOffers(toast, reportError);
  const stats = new LiveStats();
  const quality = new Quality();
  const stageStats = new StageStats();
  const status = new StatusBar(byId('status-bar'));
  const notice = new Notice(byId('notice'));
  const sheet = new Sheet(byId('sheet'));
  const overlay = new Overlay({
    video,
    canvas: byId('overlay'),
    overPicture: [
      byId('status-connection'),
      byId('status-figures'),
      byId('camera-controls'),
      byId('file-choose'),
      byId('sheet'),
    ],
  });
  const faceList = new FaceList(byId('faces-live'), byId('stage'));
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
  const capture = new CapturePanel(byId('capture-panel'), {
    thumbnail: byId('thumbnail-template'),
    gallery,
  });
  const photos = new PhotoPanel(byId('photo-panel'), {
    photo: byId('photo-template'),
    gallery,
    warn: (text) => toast.warn(text),
  });
  const people = new PeoplePanel(byId('people-panel'));
  const list = new PeopleList(byId('people-home'), {
    person: byId('person-template'),
    total: byId('people-total'),
    badge: byId('people-badge'),
  });
  const detail = new PersonDetail(byId('person-detail'), {
    example: byId('example-template'),
    gallery,
  });
  const healthList = new HealthList(byId('health'), byId('finding-template'));
  const galleryFile = new GalleryFile(byId('gallery-file'));
  const foreign = new ForeignLine(byId('foreign'));
  const join = new JoinPanel(byId('join-panel'));
  const access = new AccessList(byId('access'), byId('holder-template'));
  const fileView = new FileView(byId('file-view'), byId('file-choose'));
  const face = new FacePanel(byId('face-panel'), byId('nearest-template'));

  const showAdded = (identity) => {
    say(savedText(identity));
    list.highlight(identity.identity_id);
  };
  const captureFlow = new CaptureFlow({
    connection,
    panel: capture,
    gallery,
    saved: (identity) => {
      joinDesk.close();
      personDesk.close();
      sheet.show('people');
      showAdded(identity);
    },
    report: reportError,
  });
  const photoDesk = new PhotoDesk({ api, panel: photos, shrink: shrinkPhoto, saved: showAdded });
  const personDesk = new PersonDesk({ api, panel: detail, gallery, undo, say });
  const galleryDesk = new GalleryDesk({ api, panel: galleryFile, undo, say, report: reportError });
  const faceDesk = new FaceDesk({ connection, panel: face, undo, report: reportError });
  const fileDesk = new FileDesk({
    api: new IdentifyApi(rest),
    view: fileView,
    camera,
    video: videoFile,
    warn: (text) => toast.warn(text),
  });
  const reembedding = new Reembedding({
    api,
    show: (progress) => foreign.show(progress),
    report: reportError,
  });
  const joinDesk = new JoinDesk({
    ask: (wish) => rest.send('POST', '/api/join', wish),
    panel: join,
    copy: async (text) => navigator.clipboard.writeText(text), // without https there is none
    say,
    warn: (text) => toast.warn(text),
  });
  const accessDesk = new AccessDesk({
    rest,
    list: access,
    say,
    warn: (text) => toast.warn(text),
  });
  const health = new HealthWatch({
    fetch: () => api.health(),
    show: (found) => healthList.show(found),
    isSeen: () => connection.live && may.manage && people.homeSeen,
    report: (error) => console.warn(error), // nobody has asked for it
  });

  // --- what several of them need to know ---

  const showGallery = (next) => {
    if (next === known) return;
    known = next;
    list.show(known.identities);
    capture.galleryChanged();
    captureFlow.galleryChanged();
    photos.galleryChanged();
    detail.galleryChanged();
    personDesk.galleryChanged();
    health.changed();
  };
  const pictureComes = () => camera.running || videoFile.running;
  const availabilityChanged = () => {
    const server = connection.live;
    wakeLock.keep(pictureComes() && server && pageVisible());
    capture.setAvailable({ camera: pictureComes(), server });
    photos.setAvailable(server);
    galleryFile.setAvailable(server);
  };
  const showNotice = (topic, content) => {
    notice.set(topic, content);
    if (content) sheet.show('capture'); // a long list of people would cover it
  };
  const showFile = (file) => {
    sheet.show('capture'); // or it may cover what can be done with the file
    fileDesk.open(file);
  };
  const restartView = () => {
    overlay.clear(streamer.nextSeq);
    stats.reset();
    quality.reset();
    stageStats.reset();
    faceDesk.close();
  };
  const askAbout = ({ track }) => {
    if (may.operate) faceDesk.ask(track);
  };
  const showRole = (role) => {
    may = permissionsOf(role);
    document.body.dataset.role = may.role;
    sheet.setMayAdd(may.operate);
    faceList.setMayChoose(may.operate);
    if (!may.manage) joinDesk.close();
  };
  // Somebody is looking: no reason to wait for the next try, or to rest.
  const openUnlessOver = () => {
    if (!connection.over) connection.open();
  };
  const showPerson = ({ identityId, templateId, other }) => {
    faceDesk.close();
    joinDesk.close();
    sheet.show('people');
    personDesk.open(identityId, { templateId, mergeInto: other });
  };

  // --- connection ---

  on(connection, 'state', (change) => {
    status.showConnection(change, transport.kind);
    const topic = change.state === 'denied' ? 'denied' : change.reason;
    showNotice('connection', topic ? CONNECTION_NOTICES[topic] : null);
    if (change.state !== 'live') {
      streamer.setCondition('connected', false);
      restartView();
    }
    // While it reconnects there is hope: the next hello tells whether the session came back.
    if (change.state === 'closed' || change.state === 'denied') captureFlow.disconnected();
    availabilityChanged();
    if (change.state === 'live') health.look();
    // A page that slept hears only now that it was sent to rest, when somebody looks again.
    if (change.reason === 'idle' && pictureComes() && pageVisible()) openUnlessOver();
  });
  on(connection, 'hello', (hello) => {
    showRole(hello.role);
    const keepsCrops = hello.keeps_crops;
    const nameLength = hello.limits.name_length;
    capture.setLimits({
      examplesWanted: hello.examples_wanted,
      minExamples: hello.min_examples,
      nameLength,
    });
    photos.setNameLength(nameLength);
    detail.setLimits({ keepsCrops, mayChange: may.manage, nameLength });
    list.setDetail({ keepsCrops, mayOpen: may.operate });
    people.showProblem(hello.gallery_problem ?? null);
    reembedding.found(may.manage ? hello.foreign_templates : 0);
    showGallery(galleryFromHello(hello.gallery));
    streamer.connected(hello.flow);
    captureFlow.connected(hello.resumed);
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
  on(connection, 'gallery', (event) => showGallery(applyGalleryEvent(known, event)));

  // --- camera, or a video in its place ---

  onEach([camera, videoFile], 'started', (view) => {
    video.dataset.running = 'true';
    cameraControls.show(view);
    overlay.setMirrored(view.mirrored);
    capture.setMirrored(view.mirrored);
    restartView();
    streamer.setCondition('camera', true);
    availabilityChanged();
    openUnlessOver();
  });
  on(camera, 'changed', (view) => cameraControls.show(view));
  onEach([camera, videoFile], 'stopped', ({ error }) => {
    if (error) console.warn(error);
    video.dataset.running = 'false';
    cameraControls.show(null);
    streamer.setCondition('camera', false);
    restartView();
    availabilityChanged();
  });
  const changeCamera = async (change) => {
    cameraControls.setBusy(true);
    streamer.setCondition('camera', false);
    await change();
    cameraControls.setBusy(false);
  };
  on(cameraControls, 'flip', () => changeCamera(() => camera.flip()));
  on(cameraControls, 'choose', ({ deviceId }) => changeCamera(() => camera.choose(deviceId)));
  on(cameraControls, 'torch', ({ on }) => camera.setTorch(on).catch(reportError));
  on(cameraDesk, 'told', ({ kind }) => showNotice('camera', CAMERA_NOTICES[kind] ?? null));
  // The phone was turned: what is still to come of the old shape does not fit the new one.
  video.addEventListener('resize', () => overlay.clear(streamer.nextSeq));

  // --- adding a person ---

  on(capture, 'begin', ({ wanted }) => captureFlow.begin(wanted));
  on(capture, 'more', () => captureFlow.more());
  on(capture, 'discard', () => captureFlow.discard());
  on(capture, 'commit', (what) => captureFlow.commit(what));
  on(capture, 'photos', () => photos.choose());
  on(capture, 'changed', (state) => overlay.setCapture(takingOf(state)));
  on(photos, 'send', (what) => photoDesk.send(what));
  on(photos, 'shown', ({ shown }) => capture.setHidden(shown));
  takeFileDrops([
    {
      elements: [byId('capture-panel'), byId('photo-panel')],
      isOpen: () => photos.available && !isUnderWay(capture.state),
      take: (files) => photos.add(files),
    },
    {
      elements: [byId('stage')],
      isOpen: () => !isUnderWay(capture.state),
      take: ([file]) => showFile(file),
    },
  ]);

  // --- a photo or a video file ---

  on(fileView, 'choose', () => {
    if (isUnderWay(capture.state)) toast.warn(FILE_IN_CAPTURE);
    else fileView.choose();
  });
  on(fileView, 'open', ({ file }) => showFile(file));
  on(fileView, 'download', () => fileDesk.download());
  on(fileView, 'close', () => fileDesk.close());

  // --- a face ---

  on(overlay, 'placed', ({ placed, seq }) => {
    faceList.show(placed, seq);
    fileDesk.facesPlaced(placed);
  });
  on(overlay, 'choose', askAbout);
  on(faceList, 'choose', askAbout);
  on(faceList, 'focus', ({ track }) => overlay.mark(track ?? face.state.track));
  on(face, 'shown', ({ track }) => {
    overlay.mark(track);
    sheet.showFace(track !== null);
  });
  on(face, 'reject', (who) => faceDesk.reject(who));
  on(face, 'person', showPerson);
  on(face, 'close', () => {
    const { track } = face.state;
    faceDesk.close();
    if (!faceList.focus(track)) sheet.focus();
  });

  // --- people ---

  on(list, 'open', showPerson);
  on(healthList, 'open', showPerson);
  on(detail, 'shown', ({ identityId, before, hadFocus }) => {
    people.showHome(identityId === null);
    if (identityId !== null) return;
    if (hadFocus && !list.focus(before)) people.focus();
    health.look();
  });
  byId('join-open').addEventListener('click', () => joinDesk.open());
  on(join, 'choose', ({ role }) => joinDesk.open(role));
  on(join, 'renew', () => joinDesk.open());
  on(access, 'revoke', (holder) => accessDesk.revoke(holder));
  on(join, 'copy', () => joinDesk.copy());
  on(join, 'close', () => joinDesk.close());
  on(join, 'shown', ({ shown }) => {
    people.showHome(!shown);
    if (shown) accessDesk.open();
    else accessDesk.close();
    if (!shown) byId('join-open').focus({ preventScroll: true });
  });
  on(detail, 'back', () => personDesk.close());
  on(detail, 'edit', ({ edits }) => personDesk.edit(edits));
  on(detail, 'merge', ({ into }) => personDesk.merge(into));
  on(detail, 'delete', () => personDesk.deletePerson());
  on(detail, 'delete-examples', ({ templateIds }) => personDesk.deleteExamples(templateIds));
  on(detail, 'move-examples', ({ templateIds, displayName }) =>
    personDesk.moveExamples(templateIds, displayName),
  );
  on(galleryFile, 'check', ({ file }) => galleryDesk.check(file));
  on(galleryFile, 'restore', ({ file, mode }) => galleryDesk.restore(file, mode));
  on(galleryFile, 'clear', () => galleryDesk.clear());
  on(foreign, 'embed', () => reembedding.start());
  on(sheet, 'view', () => health.look());

  // --- the page ---

  on(notice, 'action', ({ topic }) => {
    if (topic === 'camera') camera.start();
    else if (connection.over) location.reload();
    else connection.open();
  });
  const visibilityChanged = () => {
    const visible = pageVisible();
    streamer.setCondition('visible', visible);
    availabilityChanged();
    cameraDesk.setVisible(visible);
    if (!visible) return;
    videoFile.restartIfPaused();
    openUnlessOver();
  };
  const networkChanged = () => {
    status.showOnline(navigator.onLine);
    if (navigator.onLine && !connection.over) connection.networkIsBack();
  };
  document.addEventListener('visibilitychange', visibilityChanged);
  window.addEventListener('focus', openUnlessOver);
  window.addEventListener('online', networkChanged);
  window.addEventListener('offline', networkChanged);
  window.addEventListener('resize', () => health.look()); // a wide page shows all panels
  // Without this, phones keep the page out of their back-forward cache.
  window.addEventListener('pagehide', () => connection.close());
  window.addEventListener('pageshow', (event) => event.persisted && connection.open());
  setInterval(() => {
    const figures = stats.read(realClock.now());
    status.showFigures(figures, quality.judge(figures, realClock.now()));
    stagesPanel.refresh();
  }, FIGURES_EVERY_MS);

  list.show(known.identities);
  visibilityChanged();
  connection.open(); // a page that was opened in the background, too
  cameraDesk.open();
  keepShell(navigator.serviceWorker, (error) => console.info(error));
}

function pageVisible() {
  return document.visibilityState === 'visible';
}

function on(target, type, handle) {
  target.addEventListener(type, (event) => handle(event.detail));
}

function onEach(targets, type, handle) {
  for (const target of targets) on(target, type, handle);
}

function socketUrl() {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return `${scheme}//${location.host}/ws`;
}

main();
