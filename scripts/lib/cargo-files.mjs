// The few facts the scripts need from Cargo.toml and Cargo.lock.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

/** The oldest Rust the crate compiles with. */
export function rustVersion() {
  return /^rust-version = "([\d.]+)"/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))[1];
}

/** The version of a package that the lock file fixes. */
export function lockedVersion(name) {
  const lock = readFileSync(join(root, 'Cargo.lock'), 'utf8');
  const found = new RegExp(`^name = "${name}"\nversion = "([^"]+)"`, 'm').exec(lock);
  if (!found) throw new Error(`Cargo.lock has no package ${name}`);
  return found[1];
}
