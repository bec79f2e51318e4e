// Which entries are brought over, under which names.
import { Refusal } from '../steps.mjs';
import { shown } from './report.mjs';
import { nameProblem } from './users-file.mjs';

/** The entries with the `username` that each is to have, `skipped`, or their `problem`. */
export function planImport(entries, { renames, renamesByName, skips }) {
  const names = new Set(entries.map(({ name }) => name));
  const newNames = new Map([...renamesByName, ...renames.map((text) => readRename(text, names))]);
  const skipped = new Set(skips);
  for (const name of [...newNames.keys(), ...skipped]) {
    if (!names.has(name)) throw new Refusal(`${shown(name)} is not in the file, so it can be neither renamed nor skipped. Names are told apart by case.`);
    if (newNames.has(name) && skipped.has(name)) throw new Refusal(`${shown(name)} cannot be both renamed and skipped.`);
  }
  return entries.map((entry) => {
    if (skipped.has(entry.name)) return { name: entry.name, skipped: true };
    if (entry.problem) return entry;
    const username = newNames.get(entry.name) ?? entry.name;
    const problem = nameProblem(username);
    return problem ? { name: entry.name, problem } : { ...entry, username };
  });
}

// Names may have `=` in them: the old one tells where it ends.
function readRename(text, names) {
  const splits = [...text.matchAll(/=/g)].map(({ index }) => [text.slice(0, index), text.slice(index + 1)]);
  if (splits.length === 0) throw new Refusal(`--rename "${text}" has to be like "Old Name=new-name".`);
  const known = splits.filter(([name]) => names.has(name));
  if (known.length > 1) throw new Refusal(`--rename "${text}" can be read in more than one way: write it into a file for --renames.`);
  return known[0] ?? splits[0];
}

/** The entries as they were judged, in which those that share a name have a problem. */
export function withCollisions(judged) {
  const byKey = new Map();
  for (const entry of judged) {
    if (entry.key !== undefined) byKey.set(entry.key, [...(byKey.get(entry.key) ?? []), entry]);
  }
  return judged.map((entry) => {
    const others = (byKey.get(entry.key) ?? []).filter((other) => other !== entry);
    // The server tells of one batch only, and only at the second of two entries, that they are one.
    if (others.length === 0 || (entry.problem && entry.problem.code !== 'username_repeated')) return entry;
    const error = `Here it is the same name as ${others.map(({ name }) => shown(name)).join(', ')}, which are other accounts in the file.`;
    return { name: entry.name, problem: { code: 'username_collision', error } };
  });
}
