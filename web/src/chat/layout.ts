// Where the rows of a long list are, of which only those in sight exist. The heights of those that were never seen are estimated.

/** The rows from `start` up to, not including, `end`. */
export interface Range {
  start: number;
  end: number;
}

/** The vertical positions of all rows, in CSS pixels from the top of the list. */
export class Layout {
  readonly #tops: Float64Array;

  constructor(keys: readonly string[], heights: ReadonlyMap<string, number>, estimate: number) {
    this.#tops = new Float64Array(keys.length + 1);
    for (let index = 0, top = 0; index < keys.length; index++) {
      top += heights.get(keys[index]!) ?? estimate;
      this.#tops[index + 1] = top;
    }
  }

  get count(): number {
    return this.#tops.length - 1;
  }

  /** The height of all rows. */
  get total(): number {
    return this.#tops.at(-1)!;
  }

  /** Where a row begins; that of `count` is where the last one ends. */
  top(index: number): number {
    return this.#tops[Math.max(0, Math.min(index, this.count))]!;
  }

  /** The row at a height; the first or the last where there is none. */
  at(y: number): number {
    let [low, high] = [0, Math.max(0, this.count - 1)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#tops[middle]! <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The rows that are at least partly between two heights. */
  between(from: number, to: number): Range {
    if (this.count === 0) return { start: 0, end: 0 };
    return { start: this.at(from), end: this.at(to) + 1 };
  }
}

/**
 * What stays where it is when rows come, go or change their heights: the end of the list, or the beginning of the row with this
 * key, at this distance from the upper edge of what is in sight.
 */
export type Anchor = 'end' | { key: string; offset: number };

/** How far from the end one may be and still be at the end, in CSS pixels. */
const endReach = 16;

/** The anchor for what is in sight: `height` pixels from `scrollTop` on. */
export function anchorAt(layout: Layout, keys: readonly string[], scrollTop: number, height: number): Anchor {
  if (layout.count === 0 || scrollTop + height >= layout.total - endReach) return 'end';
  const first = layout.at(Math.max(0, scrollTop));
  // Of a row that begins above, the height may change, and what follows would move; unless nothing follows in sight.
  const index = layout.top(first) < scrollTop && layout.top(first + 1) < scrollTop + height ? first + 1 : first;
  return { key: keys[index]!, offset: layout.top(index) - scrollTop };
}

/** Where to scroll to, with so much height in sight, so that the anchor is where it was. */
export function scrollTopFor(
  anchor: Anchor,
  layout: Layout,
  indexOf: (key: string) => number | undefined,
  height: number,
): number {
  const end = Math.max(0, layout.total - height);
  if (anchor === 'end') return end;
  const index = indexOf(anchor.key);
  return index === undefined ? end : Math.max(0, Math.min(end, layout.top(index) - anchor.offset));
}
