// Deployed, names are checked with the JavaScript engine's Unicode tables, and in native tests with those of libraries.
// `tests/native/unicode.rs` keeps `tests/fixtures/unicode.txt` equal to the libraries; this test compares it with the engine.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const lines = readFileSync(new URL('../fixtures/unicode.txt', import.meta.url), 'utf8').trimEnd().split('\n');
const ranges = lines.filter((line) => !line.startsWith('keys')).map((line) => {
  const [, first, last, properties] = /^(\w+)-(\w+) (\w*)$/.exec(line);
  return { first: parseInt(first, 16), last: parseInt(last, 16), properties };
});
const hashes = lines.filter((line) => line.startsWith('keys')).map((line) => line.split(' ').slice(1));
const characters = ranges.flatMap(({ first, last, properties }) => (
  Array.from({ length: last - first + 1 }, (_, index) => ({ character: String.fromCodePoint(first + index), properties }))
));

// As in src/unicode/mod.rs and src/unicode/javascript.rs.
const reorders = (first, second) => `${first}${second}`.normalize('NFD') !== `${first}${second}`;
const stacks = (c) => reorders(c, '\u0334') || reorders('\u0345', c);
const isVirama = (c) => reorders(c, '\u3099') && reorders('\u05b0', c);
const isNormal = (c) => c.normalize('NFC') === c;
const first = (c) => [...c.normalize('NFD')][0];
const tests = {
  a: (c) => /^[\p{Alphabetic}\p{N}]$/u.test(c),
  m: (c) => /^\p{M}$/u.test(c),
  s: (c) => /^[\p{P}\p{S}]$/u.test(c),
  e: (c) => !/\p{ASCII}/u.test(c) && /^\p{Emoji}$/u.test(c),
  i: (c) => /^\p{Default_Ignorable_Code_Point}$/u.test(c),
  c: (c) => isNormal(c) && stacks(first(c)),
  v: (c) => isNormal(c) && isVirama(first(c)),
};

/** As `Username::key` in src/accounts/username.rs. */
function key(name) {
  const each = (text, change) => [...text].map(change).join('');
  const lower = (text) => each(text, (c) => c.toLowerCase());
  const folded = lower(each(lower(name.normalize('NFKD')), (c) => c.toUpperCase()));
  let base;
  const dotless = [...folded].filter((c) => {
    if (!stacks(c)) base = c;
    return !(c === '\u0307' && (base === 'i' || base === 'j'));
  });
  return dotless.join('').normalize('NFKC');
}

/** The visible characters without an appearance, as in src/accounts/username/characters.rs. */
const blank = /[\u2800\ufffc\ufffd\u{13441}\u{13442}\u{16fe4}\u{1bc9d}\u{1d159}]/u;
const isInNames = (c) => /[\p{Alphabetic}\p{N}\p{M}\p{P}\p{S}\p{Zs}]/u.test(c) && !tests.i(c) && !blank.test(c);

describe('the engine’s Unicode', () => {
  it('covers every character that the libraries know', () => {
    assert.ok(characters.length > 150_000, String(characters.length));
  });

  it('has the same properties', () => {
    const different = characters.flatMap(({ character: c, properties }) => {
      const actual = Object.keys(tests).filter((letter) => tests[letter](c)).join('');
      return actual === properties ? [] : [`${c.codePointAt(0).toString(16)}: ${actual || 'none'} instead of ${properties || 'none'}`];
    });
    assert.deepEqual(different, []);
  });

  it('gives names the same keys', () => {
    const blocks = Map.groupBy(characters, ({ character }) => character.codePointAt(0) >> 12);
    const actual = [...blocks].map(([block, members]) => {
      const hash = createHash('sha256');
      for (const { character: c } of members) {
        const name = `x${c.replace(/\p{Zs}/u, ' ')}x`;
        if (isInNames(c)) hash.update(`${c.codePointAt(0).toString(16)} ${key(name)}\n`);
      }
      return [block.toString(16), hash.digest('hex').slice(0, 16)];
    });
    assert.deepEqual(actual, hashes);
  });
});
