// Paths in the clone and on the machine.
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
export const nodeModules = join(root, 'node_modules');

// wrangler, Miniflare and the tests need a newer Node than the user may have; npm's `node` package provides it.
export const projectNode = join(nodeModules, 'node', 'bin', 'node');

// The compiled build tools. They are outside the clone, so that every clone shares them.
export const toolCache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'natter');

// The user's PATH without the entries that npm adds for this clone: `npm ci` deletes node_modules while programs run.
export const personalPath = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((entry) => entry && !resolve(entry).startsWith(nodeModules))
  .join(delimiter);

// The PATH for commands that run after `npm ci`. It puts the project's own `node` first.
export const projectPath = [join(nodeModules, 'node', 'bin'), join(nodeModules, '.bin'), personalPath].join(delimiter);
