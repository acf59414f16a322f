/** Puts the sentences of texts/page.js in the place of those that stand in index.html. */

/** What is read out, or shown, of an element besides the text in it. */
const ATTRIBUTES = Object.freeze(['aria-label', 'title', 'placeholder', 'alt']);

/**
 * To be called once, before anything is made of the page.
 * @param {ParentNode} root its templates are filled, too
 * @param {Readonly<Record<string, string>>} texts English -> what is shown
 */
export function fillPage(root, texts) {
  for (const element of root.querySelectorAll('*')) {
    for (const name of ATTRIBUTES) {
      const text = element.getAttribute(name);
      const shown = text === null ? null : translation(text, texts);
      if (shown !== null) element.setAttribute(name, shown);
    }
    for (const node of element.childNodes) {
      const shown = node.nodeType === 3 ? translation(node.data, texts) : null;
      if (shown !== null) node.data = shown;
    }
    // By its name: the `content` of other elements is a text.
    if (element.localName === 'template') fillPage(element.content, texts);
  }
}

/** With the white space around it; null where nothing changes. */
function translation(text, texts) {
  const sentence = text.trim();
  if (!Object.hasOwn(texts, sentence) || texts[sentence] === sentence) return null;
  return text.replace(sentence, () => texts[sentence]);
}
