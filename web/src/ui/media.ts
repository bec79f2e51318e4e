// What kind of screen and pointer there is.
import { useEffect, useState } from 'preact/hooks';

/** Whether a media query holds, now and later. */
export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const look = () => setHolds(list.matches);
    list.addEventListener('change', look);
    return () => list.removeEventListener('change', look);
  }, [query]);
  return holds;
}

/** There is room for more than one column; the styles say the same. */
export const wideScreen = '(min-width: 50rem)';

/** A finger rather than a mouse: the keyboard covers half of the screen then, and its Enter key is for new lines. */
export const byFinger = '(pointer: coarse)';
