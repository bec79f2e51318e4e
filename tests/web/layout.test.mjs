// Positions of rows, and the anchor that stays in place.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Layout, anchorAt, scrollTopFor } from '../../web/src/chat/layout.ts';

const keys = ['a', 'b', 'c', 'd'];
const heights = new Map([['a', 10], ['b', 20], ['d', 40]]);
const layout = new Layout(keys, heights, 30);
const indexOf = (list) => (key) => { const index = list.indexOf(key); return index < 0 ? undefined : index; };

describe('a layout', () => {
  it('adds up heights, and estimates unknown ones', () => {
    assert.deepEqual([0, 1, 2, 3, 4].map((index) => layout.top(index)), [0, 10, 30, 60, 100]);
    assert.equal(layout.total, 100);
  });

  it('finds the row at a height, and the nearest one beyond the ends', () => {
    const rows = [-5, 0, 9, 10, 29.5, 30, 59, 60, 99, 100, 1000].map((y) => layout.at(y));
    assert.deepEqual(rows, [0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 3]);
  });

  it('returns the rows between two heights', () => {
    assert.deepEqual(layout.between(15, 60), { start: 1, end: 4 });
    assert.deepEqual(layout.between(-100, 5), { start: 0, end: 1 });
    assert.deepEqual(new Layout([], heights, 30).between(0, 500), { start: 0, end: 0 });
  });

  it('finds the same rows among a hundred thousand as a linear search', () => {
    const many = Array.from({ length: 100_000 }, (_, index) => `row ${index}`);
    const known = new Map(many.filter((_, index) => index % 3 === 0).map((key, index) => [key, 20 + (index % 50)]));
    const long = new Layout(many, known, 56);
    for (const y of [0, 1, 12_345, 999_999.5, long.total / 2, long.total - 1]) {
      const index = long.at(y);
      assert.ok(long.top(index) <= y && y < long.top(index + 1), `row ${index} at ${y}`);
    }
  });
});

describe('an anchor', () => {
  it('is the end if the end is visible, or nearly', () => {
    assert.equal(anchorAt(layout, keys, 50, 50), 'end');
    assert.equal(anchorAt(layout, keys, 40, 50), 'end');
    assert.equal(anchorAt(new Layout([], heights, 30), [], 0, 50), 'end');
  });

  it('is otherwise the first row that begins in view, and keeps it in place when rows are added above', () => {
    const anchor = anchorAt(layout, keys, 12, 40);
    assert.deepEqual(anchor, { key: 'c', offset: 18 });
    const more = ['x', 'y', ...keys];
    const longer = new Layout(more, heights, 30);
    assert.equal(scrollTopFor(anchor, longer, indexOf(more), 40), 72);
  });

  it('is a row that fills the view', () => {
    const tall = new Layout(keys, new Map([['a', 10], ['b', 500]]), 30);
    assert.deepEqual(anchorAt(tall, keys, 100, 200), { key: 'b', offset: -90 });
  });

  it('keeps it in place when the heights above it change', () => {
    const anchor = { key: 'c', offset: 5 };
    const measured = new Layout(keys, new Map([...heights, ['a', 35]]), 30);
    assert.equal(scrollTopFor(anchor, measured, indexOf(keys), 20), 50);
  });

  it('stays at the end when a message arrives', () => {
    assert.equal(scrollTopFor('end', layout, indexOf(keys), 40), 60);
  });

  it('stays within the list, and falls back to the end if its row is gone', () => {
    assert.equal(scrollTopFor({ key: 'a', offset: 50 }, layout, indexOf(keys), 40), 0);
    assert.equal(scrollTopFor({ key: 'd', offset: -30 }, layout, indexOf(keys), 40), 60);
    assert.equal(scrollTopFor({ key: 'gone', offset: 0 }, layout, indexOf(keys), 40), 60);
    assert.equal(scrollTopFor('end', layout, indexOf(keys), 400), 0);
  });
});
