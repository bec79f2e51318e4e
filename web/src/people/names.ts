// Parts of usernames, which may be 64 characters of any script, with spaces, punctuation and emoji.

// Shared: making one costs more than using it.
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The first character as a reader counts them, in upper case where that is one character too. */
export function initialOf(username: string): string {
  const first = firstGraphemes(username, 1);
  const upper = first.toLocaleUpperCase();
  return firstGraphemes(upper, 1) === upper ? upper : first;
}

/** The name, cut to so many characters where there is little room and no style can cut it: in titles. */
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
