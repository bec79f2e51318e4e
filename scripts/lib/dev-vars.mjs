// The settings of local runs in .dev.vars, where wrangler and the tests find them.
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

const file = join(root, '.dev.vars');

export const newSecret = () => randomBytes(64).toString('base64url');

/** Gives .dev.vars a random JWT_SECRET if it has none; another that stands there is kept, so that tokens stay valid. */
export function ensureJwtSecret() {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (/^\s*(export\s+)?JWT_SECRET\s*=\s*\S/m.test(before)) return 'kept';
  const separator = before === '' || before.endsWith('\n') ? '' : '\n';
  appendFileSync(file, `${separator}JWT_SECRET="${newSecret()}"\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return 'generated, in .dev.vars';
}

/** The JWT_SECRET of local runs, if there is one that can be read. */
export function jwtSecret() {
  return existsSync(file) ? secretIn(readFileSync(file, 'utf8')) : undefined;
}

/** The JWT_SECRET in the text of a .dev.vars, read as wrangler does; undefined if there is none, or one in which wrangler would replace `$`. */
export function secretIn(text) {
  const lines = /^\s*(?:export\s+)?JWT_SECRET\s*=\s*(?:"((?:\\"|[^"])*)"|'((?:\\'|[^'])*)'|`((?:\\`|[^`])*)`|([^#\r\n]*))/gm;
  // Of several, dotenv takes the last.
  const [, double, ...others] = [...text.matchAll(lines)].at(-1) ?? [];
  const secret = double?.replaceAll('\\n', '\n').replaceAll('\\r', '\r') ?? others.find((value) => value !== undefined)?.trim();
  return secret && !secret.includes('$') ? secret : undefined;
}
