// Finds the links in a text. Only http and https: nothing else a person writes should do something when it is clicked.

/** A stretch of a text; with `href` it is a link. */
export interface Piece {
  text: string;
  href?: string;
}

const candidate = /\b(?:https?:\/\/|www\.)[^\s<>"'`\u2028\u2029]+/giu;
/** These end a sentence around a link rather than the link. */
const trailing = /[.,;:!?…'"*_~]+$/u;
/** Overrides of the writing direction could make a link look like another one. */
const misleading = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/u;

/** The text in pieces, which together are the text. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(candidate)) {
    const link = trimmed(match[0]);
    const href = addressOf(link);
    if (href === undefined) continue;
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ text: link, href });
    end = match.index + link.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

function addressOf(link: string): string | undefined {
  if (misleading.test(link)) return undefined;
  try {
    const { protocol, hostname, href, username, password } = new URL(/^www\./i.test(link) ? `https://${link}` : link);
    // What stands before an @ looks like the host, and is not.
    const plain = username === '' && password === '' && (protocol === 'https:' || protocol === 'http:');
    return plain && hostname !== '' ? href : undefined;
  } catch {
    return undefined;
  }
}

/** Without what belongs to the sentence: punctuation, and brackets that were opened before the link. */
function trimmed(link: string): string {
  for (;;) {
    const shorter = link.replace(trailing, '');
    const last = shorter.at(-1);
    const opening = last === ')' ? '(' : last === ']' ? '[' : last === '}' ? '{' : undefined;
    if (opening === undefined || count(shorter, opening) >= count(shorter, last!)) return shorter;
    link = shorter.slice(0, -1);
  }
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}
