// Builds the web client into build/web: one page, whose script and styles are named after their content.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run } from './command.mjs';
import { filesUnder, fingerprint } from './fingerprint.mjs';
import { nodeModules, projectNode, root } from './paths.mjs';
import { Refusal } from './steps.mjs';

/** The folder of the built page, ready for any static host. */
export const webFolder = join(root, 'build', 'web');

const stamp = join(root, 'build', '.web-inputs');

/** Builds the page, unless its inputs are those of the last build. Resolves to a description for the step's line. */
export async function buildWeb(announce) {
  const sources = ['web', 'api/events.ts', 'package-lock.json', 'scripts/lib/web-build.mjs'].map((name) => join(root, name));
  const inputs = fingerprint(`${process.env.VITE_API_URL} ${process.env.VITE_WEBSOCKET_URL}`, sources);
  if (existsSync(join(webFolder, 'index.html')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) {
    return `up to date, ${firstLoad()}`;
  }
  announce('bundling');
  const vite = join(nodeModules, 'vite', 'bin', 'vite.js');
  const { code, output } = await run(projectNode, [vite, 'build', '--config', join(root, 'web', 'vite.config.mjs')]);
  if (code !== 0) throw new Refusal("The web client cannot be built; see Vite's output above.", { log: output });
  writeFileSync(stamp, inputs);
  return firstLoad();
}

/** Returns the compressed size of all files of the page. */
function firstLoad() {
  const bytes = filesUnder(webFolder).reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0);
  return `${Math.round(bytes / 1000)} kB compressed`;
}
