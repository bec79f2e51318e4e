// The packages of the reference client, copied from a checkout of the socket.io repository, with what their tests need.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun } from './command.mjs';
import { fingerprint } from './fingerprint.mjs';
import { root } from './paths.mjs';

/** In the order in which they depend on each other. The first is JavaScript already. */
const [emitter, ...compiled] = ['socket.io-component-emitter', 'engine.io-parser', 'engine.io-client', 'socket.io-parser', 'socket.io-client'];

/** Their folders in the checkout. */
export const clientPackages = [emitter, ...compiled].map((name) => join('packages', name));

/** The repository's tools that these packages compile and test with. The others are for servers, databases and browsers. */
const tools = [
  '@sinonjs/fake-timers',
  '@types/debug',
  '@types/mocha',
  '@types/node',
  'base64-arraybuffer',
  'expect.js',
  'has-cors',
  'mocha',
  'rimraf',
  'text-blob-builder',
  'tsx',
  'typescript',
];

const copy = join(root, 'build', 'client-packages');
const products = new Set(['node_modules', 'build', 'dist']);

/** Copies, installs and compiles the packages unless nothing changed since the last time. Resolves to the copy. */
export async function prepareClientPackages(checkout, announce) {
  const stamp = join(copy, '.inputs');
  const inputs = fingerprint('', [
    fileURLToPath(import.meta.url),
    ...['package.json', 'package-lock.json'].map((name) => join(checkout, name)),
    ...clientPackages.flatMap((folder) => ['lib', 'test', 'package.json'].map((name) => join(checkout, folder, name))),
  ]);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return copy;

  announce('installing and compiling');
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  for (const folder of clientPackages) {
    cpSync(join(checkout, folder), join(copy, folder), { recursive: true, filter: (path) => !products.has(basename(path)) });
  }
  cpSync(join(checkout, 'package-lock.json'), join(copy, 'package-lock.json'));
  writeFileSync(join(copy, 'package.json'), JSON.stringify(manifest(checkout), null, 2));
  await mustRun('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: copy });
  for (const name of compiled) await mustRun('npm', ['run', 'compile'], { cwd: join(copy, 'packages', name) });
  writeFileSync(stamp, inputs);
  return copy;
}

/** The repository's manifest with these packages and tools only. */
function manifest(checkout) {
  const read = (...path) => JSON.parse(readFileSync(join(checkout, ...path, 'package.json'), 'utf8'));
  const { devDependencies, ...rest } = read();
  return {
    ...rest,
    workspaces: clientPackages,
    devDependencies: {
      ...Object.fromEntries(tools.map((name) => [name, devDependencies[name]])),
      // The client compiles with these types, which only the server's package lists.
      '@types/ws': read('packages', 'engine.io').dependencies['@types/ws'],
    },
  };
}
