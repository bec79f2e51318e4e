// Lines about single accounts, for the person who runs the import.
import { red } from '../steps.mjs';

/** A name in quotes, in which nothing is invisible or talks to the terminal. */
export function shown(name) {
  return JSON.stringify(name).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

export function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A line for each account with a problem. */
export function reportProblems(entries) {
  for (const { name, problem } of entries) console.log(`  ${red('✗')} ${shown(name)}: ${problem.error} (${problem.code})`);
}

/** A line for each account that is left out. */
export function reportSkipped(entries) {
  for (const { name } of entries) console.log(`  - ${shown(name)} is skipped, as you asked`);
}

/** A line for each account whose name will be shown otherwise than in the file. */
export function reportRenames(entries) {
  for (const { name, username } of entries) {
    if (username !== name) console.log(`  - ${shown(name)} becomes ${shown(username)}`);
  }
}
