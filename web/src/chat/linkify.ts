// Finds the http and https links in a text. Any other scheme stays plain text, so that no click can run code.

/** A piece of a text; a link if it has an `href`. */
export interface Piece {
  text: string;
  href?: string;
}

const candidate = /\b(?:https?:\/\/|www\.)[^\s<>"'`\u2028\u2029]+/giu;
/** Punctuation that belongs to the sentence around a link if it comes last. */
const trailing = new Set('.,;:!?…\'"*_~');
const openingOf = new Map([[')', '('], [']', '['], ['}', '{']]);
/** The length limit of a DNS name. Browsers take quadratic time to encode longer ones. */
const longestHost = 253;
const host = /^(?:https?:\/\/)?([^/?#\\]*)/iu;
/** Direction controls, which could make a link look like another one. */
const misleading = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/u;

/** The number of texts whose pieces are cached: more than are visible at once. */
const cacheSize = 256;
const cache = new Map<string, readonly Piece[]>();

/** Returns the pieces of a text from a cache, since rows are rendered far more often than their texts change. */
export function piecesOf(text: string): readonly Piece[] {
  let pieces = cache.get(text);
  if (pieces === undefined) {
    pieces = linkify(text);
    if (cache.size >= cacheSize) cache.delete(cache.keys().next().value!);
    cache.set(text, pieces);
  }
  return pieces;
}

/** Splits a text into pieces that add up to it, in linear time. */
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
    // A username before an @ looks like a host.
    const plain = username === '' && password === '' && (protocol === 'https:' || protocol === 'http:');
    return plain && hostname !== '' ? href : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the length of the link without trailing punctuation and without brackets that were opened before it. */
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
