// Texts of a few emoji, which are shown large.

const picture = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u;
/** The number of emoji up to which a text is shown large. */
const most = 3;
/** An upper bound for the length of an emoji, in UTF-16 units. */
const longest = 16;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Returns whether a text consists of one to three emoji. */
export function isEmojiOnly(text: string): boolean {
  if (text.length > most * longest) return false;
  const graphemes = [...segmenter.segment(text)].filter(({ segment }) => segment.trim() !== '');
  return graphemes.length > 0 && graphemes.length <= most && graphemes.every(({ segment }) => picture.test(segment));
}
