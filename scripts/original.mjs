// npm run original -- URL or PATH: checks the table in tests/worker/original against the Node server that Natter replaces. PATH is a
// checkout with its packages installed; the script runs a copy of it. A server at URL needs FRONTEND_URL=http://localhost:5173, and
// rows that would crash it or need a server without users are skipped.
// npm run original -- --docs: writes the list of differences into docs/migrating.md.
import './lib/node-version.mjs';
import { join, resolve } from 'node:path';
import { update } from '../tests/worker/original/document.mjs';
import { run } from './lib/command.mjs';
import { projectNode, root } from './lib/paths.mjs';
import { setUp } from './lib/setup.mjs';
import { Refusal, script } from './lib/steps.mjs';

await script(async () => {
  const [wish] = process.argv.slice(2);
  if (wish === '--docs') return update();
  if (!wish) throw new Refusal('Name the original server by its URL or its checkout: npm run original -- URL or PATH.');
  await setUp();
  const env = { NATTER_ORIGINAL: /^https?:/.test(wish) ? wish : resolve(wish) };
  const { code } = await run(projectNode, ['--test', join(root, 'tests', 'worker', 'original.test.mjs')], { env, show: true });
  process.exitCode = code;
});
