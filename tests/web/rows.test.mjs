// Messages as rows, and the names of days.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dayName } from '../../web/src/chat/dates.ts';
import { rowsOf } from '../../web/src/chat/rows.ts';

const noon = new Date(2026, 4, 20, 12).getTime();
const minute = 60_000;
const day = 24 * 60 * minute;
const said = (id, username, at) => ({ id, username, text: `text ${id}`, timestamp: new Date(at).toISOString() });
const rows = (messages, outgoing = [], clientIds = {}) => rowsOf(messages, outgoing, 'ann', (id) => clientIds[id]);
const pick = (list, key) => list.map((row) => row[key]);

describe('rows', () => {
  it('are grouped while one user keeps writing', () => {
    const list = rows(['ben', 'ben', 'ann', 'ben'].map((username, index) => said(`${index}`, username, noon + index * minute)));
    assert.deepEqual(pick(list, 'startsGroup'), [true, false, true, true]);
    assert.deepEqual(pick(list, 'endsGroup'), [false, true, true, true]);
    assert.deepEqual(pick(list, 'own'), [false, false, true, false]);
  });

  it('start a new group after a pause and on every day', () => {
    const list = rows([said('1', 'ben', noon), said('2', 'ben', noon + 6 * minute), said('3', 'ben', noon + day)]);
    assert.deepEqual(pick(list, 'startsGroup'), [true, true, true]);
    assert.deepEqual(pick(list, 'startsDay'), [true, false, true]);
  });

  it('start a day at midnight in the reader’s time zone', () => {
    const midnight = new Date(2026, 4, 21).getTime();
    const list = rows([said('1', 'ben', midnight - 2), said('2', 'ben', midnight - 1), said('3', 'ben', midnight)]);
    assert.deepEqual(pick(list, 'startsDay'), [true, false, true]);
  });

  it('put pending messages at the end, and keep their keys once they arrive', () => {
    const outgoing = { clientId: 'c', text: 'hello', writtenAt: noon, state: 'sending' };
    const before = rows([said('1', 'ben', noon)], [outgoing]);
    assert.deepEqual(pick(before, 'key'), ['1', 'c']);
    assert.deepEqual(pick(before, 'state'), ['sent', 'sending']);
    const after = rows([said('1', 'ben', noon), said('2', 'ann', noon)], [], { 2: 'c' });
    assert.deepEqual(pick(after, 'key'), ['1', 'c']);
    assert.deepEqual(pick(after, 'state'), ['sent', 'sent']);
  });

  it('do not show a pending message twice once it has arrived', () => {
    const outgoing = { clientId: 'c', text: 'text 2', writtenAt: noon, state: 'sending', seenAs: '2' };
    assert.deepEqual(pick(rows([said('2', 'ann', noon)], [outgoing], { 2: 'c' }), 'key'), ['c']);
  });
});

describe('days', () => {
  const cases = [
    [0, 'Today'],
    [-1, 'Yesterday'],
    [-3, new Intl.DateTimeFormat(undefined, { weekday: 'long' }).format(noon - 3 * day)],
    [-30, new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' }).format(noon - 30 * day)],
    [-400, new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' }).format(noon - 400 * day)],
  ];
  for (const [days, name] of cases) {
    it(`${-days} ago are called ${name}`, () => assert.equal(dayName(noon + days * day, noon), name));
  }
});
