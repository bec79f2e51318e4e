// The command line of `npm run import`.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chosenPort } from '../port.mjs';
import { Refusal } from '../steps.mjs';

const usage =
  'npm run import -- users.json [--url https://…] [--rename "Old Name=new-name"]… [--renames file.json] [--skip "Old Name"]… [--partial] [--dry-run]';

/**
 * Reads the arguments: `file`, `url` (an origin), `renames` (texts `old=new`), `renamesByName` (a Map), `skips` (names), `partial`
 * and `dryRun`.
 */
export function readArguments(argv) {
  const { values, positionals } = parse(argv);
  if (positionals.length !== 1) throw new Refusal(`Name one file: ${usage}`);
  return {
    file: here(positionals[0]),
    url: readUrl(values.url ?? `http://127.0.0.1:${chosenPort()}`),
    renames: values.rename ?? [],
    renamesByName: values.renames === undefined ? new Map() : readRenames(here(values.renames)),
    skips: values.skip ?? [],
    partial: values.partial ?? false,
    dryRun: values['dry-run'] ?? false,
  };
}

function parse(argv) {
  const many = { type: 'string', multiple: true };
  const options = {
    url: { type: 'string' },
    rename: many,
    renames: { type: 'string' },
    skip: many,
    partial: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
  };
  try {
    return parseArgs({ args: argv, options, allowPositionals: true });
  } catch (error) {
    throw new Refusal(`${error.message}\n  ${usage}`);
  }
}

// npm runs scripts in the package's folder, and passes the user's own in INIT_CWD.
function here(path) {
  return resolve(process.env.INIT_CWD ?? '.', path);
}

function readUrl(text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    throw new Refusal(`--url is "${text}", which is not a URL: write it like https://chat.example.`);
  }
  if (!['http:', 'https:'].includes(url.protocol) || url.pathname !== '/' || url.search || url.hash || url.username || url.password) {
    throw new Refusal(`--url is "${text}", but must contain only the scheme, host and port of the server, like https://chat.example.`);
  }
  if (url.protocol === 'http:' && !isLoopback(url)) {
    throw new Refusal('Password hashes are not sent unencrypted: use https, or run this on the same machine as the server.');
  }
  return url.origin;
}

/** Returns whether a URL points to this machine. */
export function isLoopback(url) {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}

function readRenames(path) {
  let renames;
  try {
    renames = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Refusal(`${path} cannot be read: ${error.message}`);
  }
  const isObject = renames !== null && typeof renames === 'object' && !Array.isArray(renames);
  if (!isObject || Object.values(renames).some((name) => typeof name !== 'string')) {
    throw new Refusal(`${path} must be a JSON object like { "Old Name": "new-name" }.`);
  }
  return new Map(Object.entries(renames));
}
