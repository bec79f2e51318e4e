// The order of the web client's folders: each imports only from those below it, so that no two depend on each other.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../../web/src/', import.meta.url));

/** What each folder or file of `web/src` may import from. All may import their own files and `api/events.ts`. */
const below = {
  ui: [],
  'config.ts': [],
  people: ['ui'],
  login: ['ui'],
  'connection.ts': ['login'],
  calls: ['connection.ts', 'people', 'ui'],
  chat: ['calls', 'config.ts', 'connection.ts', 'login', 'people', 'ui'],
  'app.tsx': ['calls', 'chat', 'login'],
  'main.tsx': ['app.tsx', 'calls', 'chat', 'config.ts', 'login', 'people', 'ui'],
};

const files = readdirSync(source, { recursive: true }).filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'));

/** The files of `web/src` that a file imports, types and files loaded later included. */
const importsOf = (file) => [...readFileSync(join(source, file), 'utf8').matchAll(/\b(?:from|import)[ (]'(\.[^']+)'/g)]
  .map(([, target]) => relative(source, join(source, dirname(file), target)))
  .filter((target) => !target.startsWith('..'));

describe('the imports of the web client', () => {
  it('point from each folder to those below it', () => {
    const topOf = (file) => file.split('/')[0];
    const upward = files.flatMap((file) => importsOf(file)
      .filter((target) => topOf(target) !== topOf(file) && !below[topOf(file)]?.includes(topOf(target)))
      .map((target) => `${file} imports ${target}`));
    assert.deepEqual(upward, []);
  });

  it('never lead back to where they began', () => {
    const done = new Set();
    const visit = (file, path) => {
      assert.ok(!path.includes(file), [...path, file].join(' → '));
      if (done.has(file)) return;
      for (const target of importsOf(file).filter((target) => files.includes(target))) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    assert.equal(done.size, files.length);
  });
});
