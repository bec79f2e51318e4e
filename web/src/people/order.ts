// The order of the people list.
const { compare } = new Intl.Collator(undefined, { sensitivity: 'base', numeric: true });

/** Sorts users by name, with the user's own first. */
export function ownFirst(usernames: readonly string[], own: string): string[] {
  return [...usernames].sort((a, b) => Number(b === own) - Number(a === own) || compare(a, b));
}
