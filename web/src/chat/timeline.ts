// What was said, in order.
import type { Message } from '../../../api/events.ts';

/** The union of both in the order of their ids, each message once. Both are in that order already. */
export function merge(known: readonly Message[], more: readonly Message[]): readonly Message[] {
  const [first] = more;
  if (!first) return known;
  const last = known.at(-1);
  // By far the most common: it is new, or all of it is older.
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

/** The messages known, with those in the span of `recent` replaced by it: any that it lacks were deleted. Both are in order. */
export function replaceSpan(known: readonly Message[], recent: readonly Message[]): readonly Message[] {
  const [first, last] = [recent[0], recent.at(-1)];
  if (!first || !last) return known;
  return merge(known.filter(({ id }) => id < first.id || id > last.id), recent);
}

/** Whether messages may be missing between what is known and a fresh history, which begins later. */
export function leavesGap(known: readonly Message[], history: readonly Message[]): boolean {
  const [last, first] = [known.at(-1), history[0]];
  return last !== undefined && first !== undefined && first.id > last.id;
}
