// Texts that are a picture.

const picture = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u;
/** More are a text again. */
const most = 3;
/** The longest emoji that there are, in UTF-16, are shorter than this. */
const longest = 16;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Whether a text is one to three emoji and nothing else. */
export function isEmojiOnly(text: string): boolean {
  if (text.length > most * longest) return false;
  const graphemes = [...segmenter.segment(text)].filter(({ segment }) => segment.trim() !== '');
  return graphemes.length > 0 && graphemes.length <= most && graphemes.every(({ segment }) => picture.test(segment));
}
