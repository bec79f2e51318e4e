// The list of messages. Only what is in sight is in the document, however long the list is, and nothing that happens elsewhere in
// the list moves what is in sight.
import { useLayoutEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { type Anchor, Layout, type Range, anchorAt, scrollTopFor } from './layout.ts';
import type { Row } from './rows.ts';

/** An average message: what is never seen need not be known better. */
const estimatedRowHeight = 56;
/** So much beyond what is in sight exists, in CSS pixels, so that scrolling finds it there. */
const overscan = 1_000;

interface Properties {
  rows: readonly Row[];
  render: (row: Row) => ComponentChildren;
  /** What stands above the first row. Its height must not change. */
  head: ComponentChildren;
  /** The beginning of the list has come near. */
  onNearStart: () => void;
  /** Whether the end of the list is in sight, whenever that changes. */
  onAtEnd: (atEnd: boolean) => void;
  /** Gets what scrolls to the end. */
  toEnd: { current: () => void };
}

export function MessageList({ rows, render, head, onNearStart, onAtEnd, toEnd }: Properties) {
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const [state] = useState(() => new Scrolling());
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);

  const keys = useMemo(() => rows.map(({ key }) => key), [rows]);
  state.take(keys);
  const { start, end } = state.range();

  // Before the browser paints: the real heights take the place of the estimates, and the anchor is put back to where it was.
  useLayoutEffect(() => {
    if (state.settle(box.current!, list.current!)) renderAgain(undefined);
    if (start * estimatedRowHeight < overscan) onNearStart();
  });

  useLayoutEffect(() => {
    const element = box.current!;
    const settle = () => state.settle(element, list.current!) && renderAgain(undefined);
    const onScroll = () => {
      if (state.scrolled(element, list.current!)) renderAgain(undefined);
    };
    state.onAtEnd = onAtEnd;
    toEnd.current = () => {
      state.goToEnd();
      renderAgain(undefined);
    };
    const observer = new ResizeObserver(settle);
    observer.observe(element);
    observer.observe(list.current!);
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', onScroll);
    };
  }, []);

  return (
    <div class="messages" ref={box} role="log" aria-live="off" aria-label="Messages" tabIndex={0}>
      <div class="messages-head">{head}</div>
      <ol ref={list} role="list">
        {rows.slice(start, end).map((row, index) => (
          <li key={row.key} data-key={row.key} aria-setsize={rows.length} aria-posinset={start + index + 1}>{render(row)}</li>
        ))}
      </ol>
    </div>
  );
}

/** Where the list is scrolled to, and what that means. */
class Scrolling {
  onAtEnd: (atEnd: boolean) => void = () => undefined;
  #anchor: Anchor = 'end';
  #keys: readonly string[] = [];
  #indices = new Map<string, number>();
  #layout = new Layout([], new Map(), estimatedRowHeight);
  readonly #heights = new Map<string, number>();
  #viewport = 800;
  #rendered: Range = { start: 0, end: 0 };
  #scrollTop = 0;

  take(keys: readonly string[]): void {
    if (keys === this.#keys) return;
    this.#keys = keys;
    this.#indices = new Map(keys.map((key, index) => [key, index]));
    this.#measure();
  }

  /** The rows that should exist. */
  range(): Range {
    const top = this.#wantedTop();
    this.#rendered = this.#layout.between(top - overscan, top + this.#viewport + overscan);
    return this.#rendered;
  }

  /** Measures what is rendered and puts everything in its place. Returns whether other rows have to be rendered now. */
  settle(box: HTMLElement, list: HTMLElement): boolean {
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
    return this.#isShort();
  }

  /** Somebody has scrolled. Returns whether other rows have to be rendered now. */
  scrolled(box: HTMLElement, list: HTMLElement): boolean {
    if (Math.abs(box.scrollTop - this.#scrollTop) < 1) return false;
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
