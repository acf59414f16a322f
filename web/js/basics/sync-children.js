/**
 * As `replaceChildren`, but what stays is not taken out and put back: it would lose the focus, and
 * a picture in it would load anew.
 * @param {Element} list
 * @param {readonly Element[]} children in their new order
 */
export function syncChildren(list, children) {
  for (const child of [...list.children]) {
    if (!children.includes(child)) child.remove();
  }
  children.forEach((child, index) => {
    if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null);
  });
}

/**
 * The children that `list` shall have, one a value: those that are there already are used again.
 * @template T
 * @param {Element} list
 * @param {readonly T[]} values
 * @param {object} options
 * @param {(value: T) => string | number} options.key of a value; kept in the child's `data-key`
 * @param {(value: T) => HTMLElement} options.make
 * @param {(child: HTMLElement, value: T, index: number) => void} [options.fill]
 */
export function syncList(list, values, { key, make, fill = () => {} }) {
  const known = new Map([...list.children].map((child) => [child.dataset.key, child]));
  const children = values.map((value, index) => {
    const wanted = String(key(value));
    let child = known.get(wanted);
    if (!child) {
      child = make(value);
      child.dataset.key = wanted;
    }
    fill(child, value, index);
    return child;
  });
  syncChildren(list, children);
}
