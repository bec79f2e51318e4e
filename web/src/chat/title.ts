// The title of the page, the only part that is visible from another tab.
import { shortened } from '../people/names.ts';

const name = 'Natter';
/** The length limit of a caller's name, in characters. */
const callerLength = 24;

/** Returns the title for a number of unread messages and an optional caller. */
export function titleOf(unread: number, caller: string | null): string {
  if (caller !== null) return `📞 ${shortened(caller, callerLength)} is calling · ${name}`;
  return unread > 0 ? `(${unread}) ${name}` : name;
}
