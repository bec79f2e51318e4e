// The message list. Only its visible part is in the document, and changes elsewhere do not move that part.
import { useLayoutEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import type { Row } from './rows.ts';
import { Scrolling, estimatedRowHeight, overscan } from './scrolling.ts';

interface Properties {
  rows: readonly Row[];
  render: (row: Row) => ComponentChildren;
  /** The content above the first row. Its height must not change. */
  head: ComponentChildren;
  /** Called when the beginning of the list is near. */
  onNearStart: () => void;
  /** Called when the end of the list becomes visible or hidden. */
  onAtEnd: (atEnd: boolean) => void;
  /** Receives a function that scrolls to the end. */
  toEnd: { current: () => void };
}

export function MessageList({ rows, render, head, onNearStart, onAtEnd, toEnd }: Properties) {
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const [state] = useState(() => new Scrolling());
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);

  const keys = useMemo(() => rows.map(({ key }) => key), [rows]);
  // Take the current position, which the browser may not have reported yet, so that this rendering keeps it.
  if (box.current) state.scrolled(box.current, list.current!);
  state.take(keys);
  const { start, end } = state.range();

  // Before the browser paints, replace the estimates by real heights, and put the anchor back in place.
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
