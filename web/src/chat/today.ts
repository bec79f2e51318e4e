// The day it is, in a page that stays open over midnight.
import { useEffect, useState } from 'preact/hooks';
import { startOfDay } from './dates.ts';

/** A moment of today: milliseconds since 1970. Renders again when the next day begins. */
export function useToday(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const tomorrow = startOfDay(startOfDay(now) + 36 * 3_600_000);
    const timer = setTimeout(() => setNow(Date.now()), tomorrow - Date.now());
    return () => clearTimeout(timer);
  }, [now]);
  return now;
}
