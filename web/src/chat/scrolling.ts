// Keeps a long list in its place, apart from every framework: the list says what it renders, and this says where to scroll.
import { type Anchor, Layout, type Range, anchorAt, scrollTopFor } from './layout.ts';

/** The height of an average message. Rows that were never rendered count with it. */
export const estimatedRowHeight = 56;
/** How far beyond the visible part rows are rendered, in CSS pixels, so that scrolling finds them there. */
export const overscan = 1_000;

/** What a list needs of its scrolling element and of the element that holds its rows. */
export type ScrollBox = Pick<HTMLElement, 'clientHeight' | 'scrollHeight' | 'scrollTop'>;
export type RowList = Pick<HTMLElement, 'offsetTop' | 'children' | 'style'>;

/** Where the list is scrolled to, and what that means. */
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

  take(keys: readonly string[]): void {
    if (keys === this.#keys) return;
    const indices = new Map(keys.map((key, index) => [key, index]));
    this.#releaseAnchor(indices);
    this.#keys = keys;
    this.#indices = indices;
    this.#measure();
  }

  /** The rows that should exist. */
  range(): Range {
    const top = this.#wantedTop();
    this.#rendered = this.#layout.between(top - overscan, top + this.#viewport + overscan);
    return this.#rendered;
  }

  /** Measures what is rendered and puts everything in its place. Returns whether other rows have to be rendered now. */
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
   * The scroll position has changed. Returns whether other rows have to be rendered now.
   *
   * Where the window or a row changes its height, the browser moves a position that is no longer possible, and reports that before
   * it reports the new height. Nobody scrolled then, and the anchor stays.
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
   * Takes the first row in sight for the anchor, where another one was so far: with the real heights, rows above that one may have
   * come into sight. An anchor that is not where it should be, because the list ends too soon, stays for when it does not.
   */
  #holdNearest(top: number): void {
    if (this.#anchor === 'end') return;
    const index = this.#indices.get(this.#anchor.key);
    if (index === undefined || Math.abs(this.#layout.top(index) - this.#anchor.offset - top) >= 1) return;
    const nearest = anchorAt(this.#layout, this.#keys, top, this.#viewport);
    if (nearest !== 'end') this.#anchor = nearest;
  }

  /** Moves the anchor from a row that is about to go to the nearest one that stays, the next rather than the previous. */
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

  /** Whether less is rendered than half of the overscan. */
  #isShort(): boolean {
    const top = this.#wantedTop();
    const needed = this.#layout.between(top - overscan / 2, top + this.#viewport + overscan / 2);
    return needed.start < this.#rendered.start || needed.end > this.#rendered.end;
  }
}
