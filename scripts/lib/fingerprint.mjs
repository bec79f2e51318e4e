// Fingerprints of build inputs.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './paths.mjs';

/** Hashes `settings` and the files at or below these paths. A path that does not exist counts as empty. */
export function fingerprint(settings, paths) {
  const hash = createHash('sha256').update(`${settings}\n`);
  for (const file of paths.flatMap(filesUnder)) {
    hash.update(`${relative(root, file)}\0`).update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/** Returns the files at or below a path, in a stable order. */
export function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).sort().flatMap((name) => filesUnder(join(path, name)));
}
