// Finds the links in a text. Only http and https: nothing else in a message may do something when it is clicked.

/** A stretch of a text; with `href` it is a link. */
export interface Piece {
  text: string;
  href?: string;
}

const candidate = /\b(?:https?:\/\/|www\.)[^\s<>"'`\u2028\u2029]+/giu;
/** These end a sentence around a link rather than the link. */
const trailing = new Set('.,;:!?…\'"*_~');
const openingOf = new Map([[')', '('], [']', '['], ['}', '{']]);
/** The length of the longest name in the DNS. Browsers encode longer ones in a time that grows with the square of the length. */
const longestHost = 253;
const host = /^(?:https?:\/\/)?([^/?#\\]*)/iu;
/** Overrides of the writing direction could make a link look like another one. */
const misleading = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/u;

/** More texts than are on screen at once. */
const remembered = 256;
const lately = new Map<string, readonly Piece[]>();

/** The pieces of a text, found once: a list renders its rows far more often than their texts change. */
export function piecesOf(text: string): readonly Piece[] {
  let pieces = lately.get(text);
  if (pieces === undefined) {
    pieces = linkify(text);
    if (lately.size >= remembered) lately.delete(lately.keys().next().value!);
    lately.set(text, pieces);
  }
  return pieces;
}

/** Splits a text into pieces, which together are the text. Takes time in proportion to its length. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(candidate)) {
    const link = match[0].slice(0, lengthOfLink(match[0]));
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
  if (misleading.test(link) || host.exec(link)![1]!.length > longestHost) return undefined;
  try {
    const { protocol, hostname, href, username, password } = new URL(/^www\./i.test(link) ? `https://${link}` : link);
    // A name before an @ looks like the host, and is not.
    const plain = username === '' && password === '' && (protocol === 'https:' || protocol === 'http:');
    return plain && hostname !== '' ? href : undefined;
  } catch {
    return undefined;
  }
}

/** The length without what belongs to the sentence: punctuation, and closing brackets that were opened before the link. */
function lengthOfLink(candidate: string): number {
  const counts = new Map<string, number>();
  for (const character of candidate) counts.set(character, (counts.get(character) ?? 0) + 1);
  for (let length = candidate.length; length > 0; length--) {
    const last = candidate.charAt(length - 1);
    const opening = openingOf.get(last);
    const isSurplus = opening !== undefined && (counts.get(opening) ?? 0) < counts.get(last)!;
    if (!isSurplus && !trailing.has(last)) return length;
    counts.set(last, counts.get(last)! - 1);
  }
  return 0;
}
