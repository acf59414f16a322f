import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { fillPage } from '../../js/page/fill-page.js';
import { PAGE_TEXTS, UNTRANSLATED } from '../../js/texts/page.js';

const html = await readFile(new URL('../../index.html', import.meta.url), 'utf8');

/** Every sentence that stands in the page, once. Scripts, and what is said without them, are left out. */
function sentences() {
  const body = html
    .slice(html.indexOf('<body>'))
    .replace(/<noscript>[^]*?<\/noscript>|<!--[^]*?-->/g, '');
  const attributes = [...body.matchAll(/\s(?:aria-label|title|placeholder|alt)="([^"]+)"/g)];
  const texts = [...body.matchAll(/>([^<>]+)</g)];
  const found = [...attributes, ...texts].map(([, text]) => text.trim());
  return new Set(found.filter((text) => text !== ''));
}

class Element {
  content = 'width=device-width';
  localName = 'meta';
  constructor(attributes = {}, childNodes = []) {
    this.attributes = attributes;
    this.childNodes = childNodes;
  }
  getAttribute = (name) => this.attributes[name] ?? null;
  setAttribute = (name, value) => {
    this.attributes[name] = value;
  };
  querySelectorAll = () => {
    const elements = this.childNodes.filter((node) => node instanceof Element);
    return elements.flatMap((node) => [node, ...node.querySelectorAll()]);
  };
}

const text = (data) => ({ nodeType: 3, data });

describe('the sentences of the page', () => {
  test('are those of the table, and there is no other', () => {
    const known = [...Object.keys(PAGE_TEXTS), ...UNTRANSLATED];
    assert.deepEqual([...sentences()].sort(), known.sort());
  });

  test('are shown as the table says, wherever they stand', () => {
    const button = new Element({ 'aria-label': 'Close', id: 'Close' }, [text('\n  Save $& \n')]);
    const template = Object.assign(new Element(), { localName: 'template' });
    template.content = new Element({}, [new Element({}, [text('Close')])]);
    const root = new Element({}, [new Element({}, [button, text('Close')]), template]);
    fillPage(root, { Close: 'Schließen', 'Save $&': 'Sichern $&' });
    assert.deepEqual(button.attributes, { 'aria-label': 'Schließen', id: 'Close' });
    assert.equal(button.childNodes[0].data, '\n  Sichern $& \n');
    assert.equal(root.childNodes[0].childNodes[1].data, 'Schließen');
    assert.equal(template.content.childNodes[0].childNodes[0].data, 'Schließen');
  });

  test('stay as they are where the table has no other', () => {
    const node = Object.freeze(text(' Close '));
    fillPage(new Element({}, [new Element({}, [node])]), { Close: 'Close' });
    assert.equal(node.data, ' Close ');
  });
});
