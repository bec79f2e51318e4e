// Parts of usernames. A name has up to 64 characters of any script, with spaces, punctuation and emoji.

// Shared, because creating one costs more than using it.
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Returns the first grapheme of a name, in upper case if that is one grapheme too. */
export function initialOf(username: string): string {
  const first = firstGraphemes(username, 1);
  const upper = first.toLocaleUpperCase();
  return firstGraphemes(upper, 1) === upper ? upper : first;
}

/** Shortens a name to a number of graphemes, for titles, which styles cannot shorten. */
export function shortened(username: string, graphemes: number): string {
  const start = firstGraphemes(username, graphemes);
  return start === username ? username : `${start.trimEnd()}…`;
}

function firstGraphemes(text: string, count: number): string {
  let end = 0;
  for (const { index, segment } of segmenter.segment(text)) {
    if (count-- === 0) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}
