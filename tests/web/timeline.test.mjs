// Messages from several sources in one order.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leavesGap, merge, replaceSpan } from '../../web/src/chat/timeline.ts';

const said = (...ids) => ids.map((id) => ({ id, username: 'ann', text: id, timestamp: '2026-01-01T00:00:00.000Z' }));
const idsOf = (messages) => messages.map(({ id }) => id);

describe('merging', () => {
  it('appends newer messages and prepends older ones', () => {
    assert.deepEqual(idsOf(merge(said('c', 'd'), said('e', 'f'))), ['c', 'd', 'e', 'f']);
    assert.deepEqual(idsOf(merge(said('c', 'd'), said('a', 'b'))), ['a', 'b', 'c', 'd']);
  });

  it('keeps each message once and in order, however the lists overlap', () => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (let mask = 0; mask < 4 ** all.length; mask++) {
      const where = all.map((_, index) => (mask >> (2 * index)) & 3);
      const known = all.filter((_, index) => where[index] & 1);
      const more = all.filter((_, index) => where[index] & 2);
      const expected = all.filter((_, index) => where[index] !== 0);
      assert.deepEqual(idsOf(merge(said(...known), said(...more))), expected, `${known} and ${more}`);
    }
  });

  it('returns the same list if nothing is new', () => {
    const known = said('a');
    assert.equal(merge(known, []), known);
  });
});

describe('a replaced span', () => {
  it('loses what is missing from the newer one, and nothing outside', () => {
    assert.deepEqual(idsOf(replaceSpan(said('a', 'c', 'd', 'e', 'g'), said('c', 'e', 'f'))), ['a', 'c', 'e', 'f', 'g']);
  });

  it('is none where nothing is newer', () => {
    const known = said('a');
    assert.equal(replaceSpan(known, []), known);
  });
});

describe('a gap', () => {
  it('lies between the known messages and a history that begins later', () => {
    assert.equal(leavesGap(said('a', 'b'), said('d', 'e')), true);
  });

  it('does not exist if the history reaches the known messages, or none are known', () => {
    assert.equal(leavesGap(said('a', 'b'), said('b', 'c')), false);
    assert.equal(leavesGap([], said('b', 'c')), false);
    assert.equal(leavesGap(said('a'), []), false);
  });
});
