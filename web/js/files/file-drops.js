/**
 * Files that are dropped on the page: each place takes them for itself. Anywhere else they are let
 * fall, or the browser would leave the page to show them. Owns the places' `data-drop`.
 */

/**
 * @typedef {object} DropPlace
 * @property {readonly HTMLElement[]} elements
 * @property {() => boolean} isOpen whether it takes files now
 * @property {(files: File[]) => void} take
 */

/**
 * @param {readonly DropPlace[]} places
 * @param {Document} [page]
 */
export function takeFileDrops(places, page = document) {
  const elements = places.flatMap((place) => place.elements);
  const mark = (marked) => {
    for (const element of elements) element.dataset.drop = String(element === marked);
  };
  page.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    const { place, element } = placeOf(places, event.target);
    event.dataTransfer.dropEffect = place ? 'copy' : 'none';
    mark(element);
  });
  page.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) mark(null); // out of the window
  });
  page.addEventListener('drop', (event) => {
    mark(null);
    if (!hasFiles(event)) return;
    event.preventDefault();
    const files = [...event.dataTransfer.files];
    if (files.length > 0) placeOf(places, event.target).place?.take(files);
  });
}

function hasFiles(event) {
  return event.dataTransfer?.types.includes('Files');
}

function placeOf(places, target) {
  for (const place of places) {
    const element = place.elements.find((one) => one.contains(target));
    if (element && place.isOpen()) return { place, element };
  }
  return { place: null, element: null };
}
