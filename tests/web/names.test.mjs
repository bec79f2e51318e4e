// Usernames of every kind in little room.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { initialOf, shortened } from '../../web/src/people/names.ts';

describe('an initial', () => {
  const initials = [
    ['alice@example.com', 'A'],
    ['o\'neil', 'O'],
    ['😀smile', '😀'],
    ['👩‍👩‍👧‍👦 family', '👩‍👩‍👧‍👦'],
    ['🇺🇦', '🇺🇦'],
    ['e\u0301mile', 'E\u0301'],
    ['σοφία', 'Σ'],
    ['سلمى', 'س'],
    ['नमस्ते', 'न'],
    // In upper case these would be two letters.
    ['ßeta', 'ß'],
    ['ﬁona', 'ﬁ'],
    ['@home', '@'],
    ['', ''],
  ];
  for (const [username, initial] of initials) {
    it(`of ${username || 'no name'} is ${initial || 'nothing'}`, () => assert.equal(initialOf(username), initial));
  }
});

describe('a name', () => {
  it('that fits is not shortened, and no character of it is cut in two', () => {
    assert.equal(shortened('John Doe', 8), 'John Doe');
    assert.equal(shortened('John Doe', 5), 'John…');
    assert.equal(shortened('👩‍👩‍👧‍👦'.repeat(3), 3), '👩‍👩‍👧‍👦'.repeat(3));
    assert.equal(shortened('👩‍👩‍👧‍👦'.repeat(3), 2), `${'👩‍👩‍👧‍👦'.repeat(2)}…`);
  });
});
