// Dates and times in the language of the browser. A moment is a number of milliseconds since 1970.

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' });
const date = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dateAndYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

const dayMs = 86_400_000;

/** Formats the time of day. */
export function timeOfDay(at: number): string {
  return clock.format(at);
}

/** Formats a moment in full. */
export function exactTime(at: number): string {
  return exact.format(at);
}

/** Names the day of `at` as seen from `now`: today, yesterday, a weekday or a date. */
export function dayName(at: number, now: number): string {
  if (onSameDay(at, now)) return capitalised(relative.format(0, 'day'));
  if (onSameDay(at, startOfDay(now) - 1)) return capitalised(relative.format(-1, 'day'));
  if (at < now && startOfDay(now) - startOfDay(at) < 6.5 * dayMs) return weekday.format(at);
  return (new Date(at).getFullYear() === new Date(now).getFullYear() ? date : dateAndYear).format(at);
}

/** Returns the last local midnight at or before a moment. */
export function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** Returns whether two moments are on the same local day. */
export function onSameDay(a: number, b: number): boolean {
  // The cheap check first: no day has more than 25 hours.
  if (Math.abs(a - b) > 25 * 3_600_000) return false;
  const [x, y] = [new Date(a), new Date(b)];
  return x.getDate() === y.getDate() && x.getMonth() === y.getMonth() && x.getFullYear() === y.getFullYear();
}

function capitalised(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
