// node_modules as package-lock.json says, installed by `npm ci` when it is missing or out of date.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, saysOffline } from './command.mjs';
import { nodeModules, personalPath, projectNode, root } from './paths.mjs';
import { Refusal } from './steps.mjs';

// Its own patience with an unreachable registry is more than a minute.
const npmFlags = ['--no-audit', '--no-fund', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
const stamp = join(nodeModules, '.natter-lock');

export async function installNpmPackages(announce) {
  // Several packages hold programs for one platform, so a clone shared between two has to install again.
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
    throw new Refusal('The npm packages have to be fetched once and the registry cannot be reached: connect to the network and run the command again.');
  }
  if (code !== 0) {
    // Its warnings are about packages that want the newer Node that is being installed here.
    const log = output.replace(/^npm warn.*\n/gim, '');
    throw new Refusal('npm ci failed; what it printed stands above.', { log });
  }
  if (!existsSync(projectNode)) {
    throw new Refusal("npm ci ran no install scripts, and the project's own Node comes from one: run `npm config delete ignore-scripts`, delete node_modules and run the command again.");
  }
  writeFileSync(stamp, wanted);
  return 'installed';
}
