// Decides which entries are imported, and under which names.
import { Refusal } from '../steps.mjs';
import { shown } from './report.mjs';
import { nameProblem } from './users-file.mjs';

/** Returns the entries, each with its new `username`, `skipped`, or its `problem`. */
export function planImport(entries, { renames, renamesByName, skips }) {
  const names = new Set(entries.map(({ name }) => name));
  const newNames = new Map([...renamesByName, ...renames.map((text) => readRename(text, names))]);
  const skipped = new Set(skips);
  for (const name of [...newNames.keys(), ...skipped]) {
    if (!names.has(name)) throw new Refusal(`${shown(name)} is not in the file, so it can be neither renamed nor skipped. Names are case-sensitive.`);
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

// Names may contain `=`, so the old one shows where to split.
function readRename(text, names) {
  const splits = [...text.matchAll(/=/g)].map(({ index }) => [text.slice(0, index), text.slice(index + 1)]);
  if (splits.length === 0) throw new Refusal(`--rename "${text}" must look like "Old Name=new-name".`);
  const known = splits.filter(([name]) => names.has(name));
  if (known.length > 1) throw new Refusal(`--rename "${text}" is ambiguous: write it into a file for --renames.`);
  return known[0] ?? splits[0];
}

/** Returns the judged entries, with a problem for those that share a name. */
export function withCollisions(judged) {
  const byKey = new Map();
  for (const entry of judged) {
    if (entry.key !== undefined) byKey.set(entry.key, [...(byKey.get(entry.key) ?? []), entry]);
  }
  return judged.map((entry) => {
    const others = (byKey.get(entry.key) ?? []).filter((other) => other !== entry);
    // The server notices repeated names within one batch only, and reports only the second.
    if (others.length === 0 || (entry.problem && entry.problem.code !== 'username_repeated')) return entry;
    const error = `On this server, the name is the same as ${others.map(({ name }) => shown(name)).join(', ')}, and the file has them as other accounts.`;
    return { name: entry.name, problem: { code: 'username_collision', error } };
  });
}
