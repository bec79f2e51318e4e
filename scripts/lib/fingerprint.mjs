// Tells whether what something is built from has changed.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './paths.mjs';

/** A hash of `settings` and of all files that are these paths or below them; a path where nothing is counts as empty. */
export function fingerprint(settings, paths) {
  const hash = createHash('sha256').update(`${settings}\n`);
  for (const file of paths.flatMap(filesUnder)) {
    hash.update(`${relative(root, file)}\0`).update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/** All files below a path, or the file that it is, in an order that does not change. */
export function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).sort().flatMap((name) => filesUnder(join(path, name)));
}
