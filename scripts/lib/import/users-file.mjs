// Reads the users file of a Node server: `[[name, { username, password, createdAt }], …]`.
import { readFileSync } from 'node:fs';
import { Refusal } from '../steps.mjs';

// Far above the limits of the server, which decides. Longer values would only make batches too large.
const longestName = 512;
const longestHash = 256;

/**
 * Returns the entries in order: `{ name, passwordHash, createdAt }`, or `{ name, problem: { code, error } }` if one cannot be read.
 * The server judges names and hashes.
 */
export function readUsersFile(path) {
  let users;
  try {
    users = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Refusal(error instanceof SyntaxError ? `${path} is not JSON: ${error.message}` : `${path} cannot be read: ${error.message}`);
  }
  if (!Array.isArray(users)) throw new Refusal(`${path} must be an array of [name, user] pairs, as a Node server writes it.`);
  const entries = users.map((pair, index) => readPair(pair, index));
  const times = new Map();
  for (const { name } of entries) times.set(name, (times.get(name) ?? 0) + 1);
  return entries.map((entry) =>
    times.get(entry.name) > 1
      ? unreadable(entry.name, 'entry_repeated', 'The name is in the file more than once: delete all but one of them.')
      : entry,
  );
}

function unreadable(name, code, error) {
  return { name, problem: { code, error } };
}

function readPair(pair, index) {
  const [name, user] = Array.isArray(pair) ? pair : [];
  if (!Array.isArray(pair) || pair.length !== 2 || typeof name !== 'string' || user === null || typeof user !== 'object') {
    return unreadable(`(number ${index + 1} in the file)`, 'entry_invalid', 'This is not a pair of a name and a user.');
  }
  if (user.username !== undefined && user.username !== name) {
    return unreadable(name, 'entry_invalid', 'The user in the entry has another name.');
  }
  if (typeof user.password !== 'string' || user.password.length > longestHash) {
    return unreadable(name, 'hash_invalid', 'There is no password hash.');
  }
  const createdAt = readDate(user.createdAt);
  if (!createdAt) return unreadable(name, 'date_invalid', 'There is no registration date in ISO 8601.');
  return { name, passwordHash: user.password, createdAt };
}

function readDate(text) {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(text)) return undefined;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** Returns the problem of a name that cannot be sent to the server; undefined if it has none. */
export function nameProblem(name) {
  if (name.length > longestName) return { code: 'username_invalid', error: 'The name is much too long.' };
  if (/\p{Surrogate}/u.test(name)) return { code: 'username_invalid', error: 'The name contains half a character.' };
  return undefined;
}
