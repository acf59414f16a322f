/**
 * Copies the ES module build of @msgpack/msgpack from node_modules to vendor/, from where the page
 * loads it. There is no bundler: the browser reads the very files that npm checked.
 */
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const PACKAGE = path.join(HERE, 'node_modules', '@msgpack', 'msgpack');
const TARGET = path.join(HERE, 'vendor', 'msgpack');

/** The maps stay behind, so the line that names one would only make a 404 in developer tools. */
const SOURCE_MAP_LINE = /^\/\/# sourceMappingURL=.*\n?/gm;

async function copyModules(from, to) {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (entry.isDirectory()) {
      await copyModules(source, target);
    } else if (entry.name.endsWith('.mjs')) {
      const text = await readFile(source, 'utf8');
      await writeFile(target, text.replace(SOURCE_MAP_LINE, ''));
    }
  }
}

// What an older version left behind must not be served beside the new one.
await rm(TARGET, { recursive: true, force: true });
await copyModules(path.join(PACKAGE, 'dist.esm'), TARGET);
await cp(path.join(PACKAGE, 'LICENSE'), path.join(TARGET, 'LICENSE'));
const { version } = JSON.parse(await readFile(path.join(PACKAGE, 'package.json'), 'utf8'));
// By which the wheel's build knows whether this is what package.json asks for.
const versions = { '@msgpack/msgpack': version };
await writeFile(path.join(HERE, 'vendor', 'versions.json'), `${JSON.stringify(versions)}\n`);
console.log(`vendor/msgpack: @msgpack/msgpack ${version}`);
