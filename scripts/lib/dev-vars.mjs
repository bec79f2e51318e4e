// The JWT_SECRET of local runs, in .dev.vars.
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

const file = join(root, '.dev.vars');

export const newSecret = () => randomBytes(64).toString('base64url');

/** Adds a random JWT_SECRET to .dev.vars unless it has one, so that tokens stay valid across runs. */
export function ensureJwtSecret() {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (/^\s*(export\s+)?JWT_SECRET\s*=\s*\S/m.test(before)) return 'kept';
  const separator = before === '' || before.endsWith('\n') ? '' : '\n';
  appendFileSync(file, `${separator}JWT_SECRET="${newSecret()}"\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return 'generated, in .dev.vars';
}

/** Returns the JWT_SECRET of local runs; undefined if there is none that can be read. */
export function jwtSecret() {
  return existsSync(file) ? secretIn(readFileSync(file, 'utf8')) : undefined;
}

/** Returns the JWT_SECRET in the text of a .dev.vars, read as wrangler does; undefined if it is missing or contains `$`, which wrangler expands. */
export function secretIn(text) {
  const lines = /^\s*(?:export\s+)?JWT_SECRET\s*=\s*(?:"((?:\\"|[^"])*)"|'((?:\\'|[^'])*)'|`((?:\\`|[^`])*)`|([^#\r\n]*))/gm;
  // dotenv takes the last of several.
  const [, double, ...others] = [...text.matchAll(lines)].at(-1) ?? [];
  const secret = double?.replaceAll('\\n', '\n').replaceAll('\\r', '\r') ?? others.find((value) => value !== undefined)?.trim();
  return secret && !secret.includes('$') ? secret : undefined;
}
