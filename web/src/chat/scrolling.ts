// Keeps a long list in place, without any framework: the list reports its rows, and this decides where to scroll.
import { type Anchor, Layout, type Range, anchorAt, scrollTopFor } from './layout.ts';

/** The assumed height of rows that were never rendered, in CSS pixels. */
export const estimatedRowHeight = 56;
/** How far beyond the visible part rows are rendered, in CSS pixels. */
export const overscan = 1_000;

/** The scrolling element, and the element that holds the rows. */
export type ScrollBox = Pick<HTMLElement, 'clientHeight' | 'scrollHeight' | 'scrollTop'>;
export type RowList = Pick<HTMLElement, 'offsetTop' | 'children' | 'style'>;

/** The scroll state of a list. */
export class Scrolling {
  onAtEnd: (atEnd: boolean) => void = () => undefined;
  #anchor: Anchor = 'end';
  #keys: readonly string[] = [];
  #indices = new Map<string, number>();
  #layout = new Layout([], new Map(), estimatedRowHeight);
  readonly #heights = new Map<string, number>();
  #viewport = 800;
  #rendered: Range = { start: 0, end: 0 };
  #scrollTop = 0;
  #scrollHeight = 0;

  /** Takes over the rows with these keys. */
  take(keys: readonly string[]): void {
    if (keys === this.#keys) return;
    const indices = new Map(keys.map((key, index) => [key, index]));
    this.#releaseAnchor(indices);
    this.#keys = keys;
    this.#indices = indices;
    this.#measure();
  }

  /** Returns the rows to render. */
  range(): Range {
    const top = this.#wantedTop();
    this.#rendered = this.#layout.between(top - overscan, top + this.#viewport + overscan);
    return this.#rendered;
  }

  /** Measures the rendered rows and restores the scroll position. Returns whether other rows must be rendered. */
  settle(box: ScrollBox, list: RowList): boolean {
    this.#viewport = box.clientHeight;
    let changed = false;
    for (const item of list.children as HTMLCollectionOf<HTMLElement>) {
      const key = item.dataset['key']!;
      const height = item.getBoundingClientRect().height;
      if (Math.abs((this.#heights.get(key) ?? -1) - height) < 0.1) continue;
      this.#heights.set(key, height);
      changed = true;
    }
    if (changed) this.#measure();
    const { start, end } = this.#rendered;
    list.style.paddingTop = `${this.#layout.top(start)}px`;
    list.style.paddingBottom = `${this.#layout.total - this.#layout.top(end)}px`;
    const top = this.#anchor === 'end' ? box.scrollHeight : this.#wantedTop() + list.offsetTop;
    if (Math.abs(box.scrollTop - top) >= 0.5) box.scrollTop = top;
    this.#scrollTop = box.scrollTop;
    this.#scrollHeight = box.scrollHeight;
    if (changed) this.#holdNearest(box.scrollTop - list.offsetTop);
    return this.#isShort();
  }

  /**
   * Handles a change of the scroll position. Returns whether other rows must be rendered.
   *
   * If a window or row shrinks, the browser first moves a scroll position that has become impossible, then reports the new height.
   * That is not scrolling, and the anchor stays.
   */
  scrolled(box: ScrollBox, list: RowList): boolean {
    if (Math.abs(box.scrollTop - this.#scrollTop) < 1) return false;
    const isResized = box.clientHeight !== this.#viewport || box.scrollHeight !== this.#scrollHeight;
    const nearestPossible = Math.min(this.#scrollTop, Math.max(0, box.scrollHeight - box.clientHeight));
    if (isResized && Math.abs(box.scrollTop - nearestPossible) < 1) return this.settle(box, list);
    this.#viewport = box.clientHeight;
    this.#scrollTop = box.scrollTop;
    this.#hold(anchorAt(this.#layout, this.#keys, box.scrollTop - list.offsetTop, this.#viewport));
    return this.#isShort();
  }

  goToEnd(): void {
    this.#hold('end');
  }

  #hold(anchor: Anchor): void {
    const wasAtEnd = this.#anchor === 'end';
    this.#anchor = anchor;
    if (wasAtEnd !== (anchor === 'end')) this.onAtEnd(anchor === 'end');
  }

  /**
   * Moves the anchor to the first row in view, since real heights may have brought rows above the old one into view. An anchor that
   * is out of place because the list is too short stays, for when the list grows.
   */
  #holdNearest(top: number): void {
    if (this.#anchor === 'end') return;
    const index = this.#indices.get(this.#anchor.key);
    if (index === undefined || Math.abs(this.#layout.top(index) - this.#anchor.offset - top) >= 1) return;
    const nearest = anchorAt(this.#layout, this.#keys, top, this.#viewport);
    if (nearest !== 'end') this.#anchor = nearest;
  }

  /** Moves the anchor from a removed row to the next remaining one, or to the previous one if none follows. */
  #releaseAnchor(remaining: ReadonlyMap<string, number>): void {
    if (this.#anchor === 'end' || remaining.has(this.#anchor.key)) return;
    const { key, offset } = this.#anchor;
    const gone = this.#indices.get(key);
    if (gone === undefined) return;
    const stays = (other: string) => remaining.has(other);
    const next = this.#keys.findIndex((other, index) => index > gone && stays(other));
    const nearest = next >= 0 ? next : this.#keys.slice(0, gone).findLastIndex(stays);
    if (nearest < 0) return;
    this.#anchor = { key: this.#keys[nearest]!, offset: offset + this.#layout.top(nearest) - this.#layout.top(gone) };
  }

  #measure(): void {
    this.#layout = new Layout(this.#keys, this.#heights, estimatedRowHeight);
  }

  #wantedTop(): number {
    return scrollTopFor(this.#anchor, this.#layout, (key) => this.#indices.get(key), this.#viewport);
  }

  /** Returns whether less than half of the overscan is rendered. */
  #isShort(): boolean {
    const top = this.#wantedTop();
    const needed = this.#layout.between(top - overscan / 2, top + this.#viewport + overscan / 2);
    return needed.start < this.#rendered.start || needed.end > this.#rendered.end;
  }
}
