// The positions of a long list's rows. Most rows are not in the document, and heights not measured yet are estimated.

/** The rows from `start` to `end`, exclusive. */
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

  /** The total height of all rows. */
  get total(): number {
    return this.#tops.at(-1)!;
  }

  /** Returns the top of a row. The top of row `count` is the end of the list. */
  top(index: number): number {
    return this.#tops[Math.max(0, Math.min(index, this.count))]!;
  }

  /** Returns the row at a vertical position, or the nearest one. */
  at(y: number): number {
    let [low, high] = [0, Math.max(0, this.count - 1)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#tops[middle]! <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Returns the rows that are at least partly between two positions. */
  between(from: number, to: number): Range {
    if (this.count === 0) return { start: 0, end: 0 };
    return { start: this.at(from), end: this.at(to) + 1 };
  }
}

/**
 * The point that stays in place when rows are added, removed or resized: the end of the list, or the top of a row, `offset` pixels
 * below the upper edge of the visible part.
 */
export type Anchor = 'end' | { key: string; offset: number };

/** The distance from the end that still counts as the end, in CSS pixels. */
const endReach = 16;

/** Returns the anchor of the visible part, which is `height` pixels from `scrollTop`. */
export function anchorAt(layout: Layout, keys: readonly string[], scrollTop: number, height: number): Anchor {
  if (layout.count === 0 || scrollTop + height >= layout.total - endReach) return 'end';
  const first = layout.at(Math.max(0, scrollTop));
  // The height of a row that begins above may change and move the rows below it. Prefer the first row that begins in view.
  const index = layout.top(first) < scrollTop && layout.top(first + 1) < scrollTop + height ? first + 1 : first;
  return { key: keys[index]!, offset: layout.top(index) - scrollTop };
}

/** Returns the scroll position that puts the anchor back in place, for a visible part of this height. */
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
