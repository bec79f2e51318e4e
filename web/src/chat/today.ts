// The current day, in a page that stays open past midnight.
import { useEffect, useState } from 'preact/hooks';
import { startOfDay } from './dates.ts';

/** Returns a moment of today, in milliseconds since 1970. Renders again at midnight. */
export function useToday(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const tomorrow = startOfDay(startOfDay(now) + 36 * 3_600_000);
    const timer = setTimeout(() => setNow(Date.now()), tomorrow - Date.now());
    return () => clearTimeout(timer);
  }, [now]);
  return now;
}
