// Where things are, in the clone and on the machine.
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
export const nodeModules = join(root, 'node_modules');

// Wrangler, Miniflare and the tests want a newer Node than a person may have: npm's `node` package brings one.
export const projectNode = join(nodeModules, 'node', 'bin', 'node');

// Outside the clone, so that a second clone finds the compiled build tools.
export const toolCache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'natter');

// The PATH of the person, without the entries npm adds for this clone. While `npm ci` replaces node_modules, a program
// found there would vanish in the middle of its work.
export const personalPath = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((entry) => entry && !resolve(entry).startsWith(nodeModules))
  .join(delimiter);

// The PATH for everything that runs after `npm ci`: `node` is the project's own there.
export const projectPath = [join(nodeModules, 'node', 'bin'), join(nodeModules, '.bin'), personalPath].join(delimiter);
