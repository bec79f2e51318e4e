// Usernames of every kind in small spaces.
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
    // In upper case, these are two letters.
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
  it('is shortened only if it does not fit, and never within a character', () => {
    assert.equal(shortened('John Doe', 8), 'John Doe');
    assert.equal(shortened('John Doe', 5), 'John…');
    assert.equal(shortened('👩‍👩‍👧‍👦'.repeat(3), 3), '👩‍👩‍👧‍👦'.repeat(3));
    assert.equal(shortened('👩‍👩‍👧‍👦'.repeat(3), 2), `${'👩‍👩‍👧‍👦'.repeat(2)}…`);
  });
});
