// The title of the page, which is all one sees of it in another tab.
import { shortened } from '../people/names.ts';

const name = 'Natter';
/** The characters of a caller's name for which there is room. */
const callerLength = 24;

/** The title with so many unread messages, and while somebody calls. */
export function titleOf(unread: number, caller: string | null): string {
  if (caller !== null) return `📞 ${shortened(caller, callerLength)} is calling · ${name}`;
  return unread > 0 ? `(${unread}) ${name}` : name;
}
