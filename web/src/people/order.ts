// The order in which people are listed.
const { compare } = new Intl.Collator(undefined, { sensitivity: 'base', numeric: true });

/** Oneself first, the others by name. */
export function ownFirst(usernames: readonly string[], own: string): string[] {
  return [...usernames].sort((a, b) => Number(b === own) - Number(a === own) || compare(a, b));
}
