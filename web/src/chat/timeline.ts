// Ordered lists of messages.
import type { Message } from '../../../api/events.ts';

/** Returns the union of two lists by id. Both are sorted already. */
export function merge(known: readonly Message[], more: readonly Message[]): readonly Message[] {
  const [first] = more;
  if (!first) return known;
  const last = known.at(-1);
  // The common cases: all of it is newer, or all of it is older.
  if (!last || first.id > last.id) return [...known, ...more];
  if (more.at(-1)!.id < known[0]!.id) return [...more, ...known];
  const merged: Message[] = [];
  for (let i = 0, j = 0; i < known.length || j < more.length;) {
    const [a, b] = [known[i], more[j]];
    if (b === undefined || (a !== undefined && a.id <= b.id)) {
      merged.push(a!);
      i += 1;
      if (a!.id === b?.id) j += 1;
    } else {
      merged.push(b);
      j += 1;
    }
  }
  return merged;
}

/** Replaces the part of a list that `recent` spans. Messages missing from `recent` were deleted. Both are sorted. */
export function replaceSpan(known: readonly Message[], recent: readonly Message[]): readonly Message[] {
  const [first, last] = [recent[0], recent.at(-1)];
  if (!first || !last) return known;
  return merge(known.filter(({ id }) => id < first.id || id > last.id), recent);
}

/** Returns whether messages may be missing between the known ones and a newer history. */
export function leavesGap(known: readonly Message[], history: readonly Message[]): boolean {
  const [last, first] = [known.at(-1), history[0]];
  return last !== undefined && first !== undefined && first.id > last.id;
}
