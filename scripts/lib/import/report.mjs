// Lines about single accounts in the output of the import.
import { red } from '../steps.mjs';

/** Quotes a name, with escapes for invisible and control characters. */
export function shown(name) {
  return JSON.stringify(name).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

export function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Prints a line for each account with a problem. */
export function reportProblems(entries) {
  for (const { name, problem } of entries) console.log(`  ${red('✗')} ${shown(name)}: ${problem.error} (${problem.code})`);
}

/** Prints a line for each skipped account. */
export function reportSkipped(entries) {
  for (const { name } of entries) console.log(`  - ${shown(name)} is skipped, as you asked`);
}

/** Prints a line for each account whose name will differ from the one in the file. */
export function reportRenames(entries) {
  for (const { name, username } of entries) {
    if (username !== name) console.log(`  - ${shown(name)} becomes ${shown(username)}`);
  }
}
