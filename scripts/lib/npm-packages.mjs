// Installs node_modules with `npm ci` when they do not match package-lock.json.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, saysOffline } from './command.mjs';
import { nodeModules, personalPath, projectNode, root } from './paths.mjs';
import { Refusal } from './steps.mjs';

// By default, npm waits more than a minute for an unreachable registry.
const npmFlags = ['--no-audit', '--no-fund', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
const stamp = join(nodeModules, '.natter-lock');

export async function installNpmPackages(announce) {
  // Some packages contain programs for one platform, so a clone shared between two has to install again.
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.platform} ${process.arch}`)
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(projectNode)) return 'up to date';

  announce('installing');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { code, output } = await run(npm, ['ci', ...npmFlags], { env: { PATH: personalPath } });
  if (code === 127) throw new Refusal('npm is missing: install it together with Node from https://nodejs.org.');
  if (code !== 0 && saysOffline(output)) {
    throw new Refusal('npm cannot reach its registry to download packages: connect to the network and run the command again.');
  }
  if (code !== 0) {
    // npm warns about packages that need a newer Node, which is among those being installed.
    const log = output.replace(/^npm warn.*\n/gim, '');
    throw new Refusal('npm ci failed; see its output above.', { log });
  }
  if (!existsSync(projectNode)) {
    throw new Refusal("npm ci ran no install scripts, but one of them installs the project's own Node: run `npm config delete ignore-scripts`, delete node_modules and run the command again.");
  }
  writeFileSync(stamp, wanted);
  return 'installed';
}
