// Facts from Cargo.toml and Cargo.lock.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

/** Returns the oldest Rust version that compiles the crate. */
export function rustVersion() {
  return /^rust-version = "([\d.]+)"/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))[1];
}

/** Returns the version of a package in the lock file. */
export function lockedVersion(name) {
  const lock = readFileSync(join(root, 'Cargo.lock'), 'utf8');
  const found = new RegExp(`^name = "${name}"\nversion = "([^"]+)"`, 'm').exec(lock);
  if (!found) throw new Error(`Cargo.lock has no package ${name}`);
  return found[1];
}
