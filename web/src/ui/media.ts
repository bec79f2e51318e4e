// Media queries.
import { useEffect, useState } from 'preact/hooks';

/** Returns whether a media query matches, and renders again when that changes. */
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

/** Matches screens with room for two columns. The styles use the same width. */
export const wideScreen = '(min-width: 50rem)';

/** Matches touch screens, where the keyboard covers half of the page and Enter starts a new line. */
export const byFinger = '(pointer: coarse)';
