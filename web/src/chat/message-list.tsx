// The list of messages. Only what is in sight is in the document, however long the list is, and nothing that happens elsewhere in
// the list moves what is in sight.
import { useLayoutEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import type { Row } from './rows.ts';
import { Scrolling, estimatedRowHeight, overscan } from './scrolling.ts';

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
  // A position that the browser has not reported yet: what is rendered now must not undo it.
  if (box.current) state.scrolled(box.current, list.current!);
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
