// The few facts the scripts need from Cargo.toml and Cargo.lock.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

/** The oldest Rust the crate compiles with. */
export function rustVersion() {
  return /^rust-version = "([\d.]+)"/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))[1];
}

/** The version that a crate's lock file (or, inside a workspace, the root's) fixes for a package. */
export function lockedVersion(crateDir, name) {
  const own = join(crateDir, 'Cargo.lock');
  const lock = readFileSync(existsSync(own) ? own : join(root, 'Cargo.lock'), 'utf8');
  const found = new RegExp(`^name = "${name}"\nversion = "([^"]+)"`, 'm').exec(lock);
  if (!found) throw new Error(`${crateDir}/Cargo.lock has no package ${name}`);
  return found[1];
}
