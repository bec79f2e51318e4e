// Links and emoji in texts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isEmojiOnly } from '../../web/src/chat/emoji.ts';
import { linkify, piecesOf } from '../../web/src/chat/linkify.ts';

const links = (text) => linkify(text).filter(({ href }) => href !== undefined).map(({ text, href }) => [text, href]);

/**
 * Counts the characters that `work` reads: one for each access, and the whole length for functions that scan a string. For a regular
 * expression, that is a lower bound.
 */
function steps(work) {
  let count = 0;
  const undo = [];
  const charge = (prototype, names, cost) => {
    for (const name of names) {
      const original = prototype[name];
      prototype[name] = function (...args) {
        count += cost(this, args);
        return original.apply(this, args);
      };
      undo.push(() => (prototype[name] = original));
    }
  };
  charge(String.prototype, ['at', 'charAt', 'charCodeAt', 'codePointAt'], () => 1);
  const whole = ['split', 'replace', 'replaceAll', 'indexOf', 'lastIndexOf', 'includes', 'endsWith', 'match', 'matchAll', 'search'];
  charge(String.prototype, [...whole, Symbol.iterator], (text) => String(text).length);
  charge(String.prototype, ['slice'], (text, args) => Math.max(0, (args[1] ?? text.length) - args[0]));
  // A global expression resumes where it stopped, so all its matches cost one pass, which is charged to `matchAll`.
  charge(RegExp.prototype, ['test', 'exec'], (expression, [text]) => (expression.global ? 0 : text.length));
  try {
    work();
  } finally {
    for (const step of undo) step();
  }
  return count;
}

describe('links', () => {
  const found = [
    ['see https://example.com', 'https://example.com', 'https://example.com/'],
    ['http://example.com/a?b=c&d=e#f it is', 'http://example.com/a?b=c&d=e#f', 'http://example.com/a?b=c&d=e#f'],
    ['on www.example.com.', 'www.example.com', 'https://www.example.com/'],
    ['(https://example.com/a_(b))', 'https://example.com/a_(b)', 'https://example.com/a_(b)'],
    ['Did you see https://example.com/x?!', 'https://example.com/x', 'https://example.com/x'],
    ['<https://example.com>', 'https://example.com', 'https://example.com/'],
    ['"https://example.com/q"', 'https://example.com/q', 'https://example.com/q'],
    ['https://пример.example/путь', 'https://пример.example/путь', 'https://xn--e1afmkfd.example/%D0%BF%D1%83%D1%82%D1%8C'],
    ['**https://example.com/bold**', 'https://example.com/bold', 'https://example.com/bold'],
  ];
  for (const [text, link, href] of found) {
    it(`are found in ${JSON.stringify(text)}`, () => assert.deepEqual(links(text), [[link, href]]));
  }

  const none = [
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'file:///etc/passwd',
    'ftp://example.com',
    'https://',
    'xhttps://example.com',
    'https://user:password@example.com',
    'https://good.example@evil.example/',
    'https://example.com/\u202egnp.exe',
    'https://[not-an-address]/',
    'example.com',
  ];
  for (const text of none) {
    it(`are not found in ${JSON.stringify(text)}`, () => assert.deepEqual(links(text), []));
  }

  it('leave the text unchanged', () => {
    const texts = [...found.map(([text]) => text), ...none, '', 'a https://b.example c www.d.example e', '<b>bold</b>\n&amp;'];
    for (const text of texts) assert.equal(linkify(text).map((piece) => piece.text).join(''), text);
  });

  // The maximum of 4,000 characters, and twice that: a linear search takes twice as many steps.
  const hostile = {
    'closing brackets after a link': (size) => `http://a${')'.repeat(size)}`,
    'opening brackets after a link': (size) => `http://a${'('.repeat(size)}`,
    'as many opening brackets as closing ones': (size) => `http://a${'('.repeat(size / 2)}${')'.repeat(size / 2)}`,
    'pairs of brackets': (size) => `http://a${'()'.repeat(size / 2)}`,
    'brackets of all kinds': (size) => `http://a${')]}'.repeat(size / 3)}`,
    'brackets before a link': (size) => `${'('.repeat(size / 2)}http://a${')'.repeat(size / 2)}`,
    'dots at the end': (size) => `https://a${'.'.repeat(size)}`,
    'dots before the end': (size) => `https://a/${'.'.repeat(size)}x`,
    'brackets with dots between': (size) => `https://a${').'.repeat(size / 2)}`,
    'many links': (size) => 'http://a.b '.repeat(size / 11),
    'links that are none': (size) => 'https://@ '.repeat(size / 10),
    'a link in a link in a link': (size) => 'www.'.repeat(size / 4),
    'beginnings of a link': (size) => 'http:/'.repeat(size / 6),
    'a link from right to left': (size) => `https://a/${'\u05d0'.repeat(size)}`,
    'a host of many letters': (size) => `https://${'\u00fc'.repeat(size)}`,
    'one long word': (size) => 'w'.repeat(size),
  };
  for (const [what, textOf] of Object.entries(hostile)) {
    it(`are found in linear time: ${what}`, () => {
      const [short, long] = [4_000, 8_000].map((size) => steps(() => linkify(textOf(size))));
      assert.ok(short <= 40 * 4_000, `${short} steps`);
      assert.ok(long <= 2.5 * short + 100, `${short} and ${long} steps`);
    });
  }

  it('exclude hosts longer than the limit, which browsers encode slowly', (t) => {
    const { URL } = globalThis;
    const asked = [];
    t.after(() => (globalThis.URL = URL));
    globalThis.URL = class extends URL {
      constructor(url) {
        asked.push(url);
        super(url);
      }
    };
    const host = Array.from({ length: 4_000 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join('');
    for (const scheme of ['https://', 'HTTP://', 'www.']) assert.deepEqual(links(`${scheme}${host}`), []);
    assert.deepEqual(asked, []);
    const longest = `https://${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}/`;
    assert.deepEqual(links(longest), [[longest, longest]]);
  });

  it('are searched once per text, however often it is shown', () => {
    const text = 'see https://example.com/once';
    const shown = piecesOf(text);
    assert.deepEqual(shown, linkify(text));
    assert.equal(piecesOf(`${'see '}https://example.com/once`), shown);
  });

  it('are cached for a limited number of texts', () => {
    const first = piecesOf('number 0');
    for (let number = 1; number <= 1_000; number++) piecesOf(`number ${number}`);
    assert.notEqual(piecesOf('number 0'), first);
  });
});

describe('texts of emoji alone', () => {
  for (const text of ['🎉', '👍🏽', '👩‍👩‍👧‍👦', '🇺🇦', '❤️ 🎈', '🙂🙃🙂']) {
    it(`include ${text}`, () => assert.equal(isEmojiOnly(text), true));
  }
  for (const text of ['', ' ', 'a', '🎉 a', '🙂🙂🙂🙂', '7', '🎉'.repeat(2000)]) {
    it(`exclude ${JSON.stringify(text.slice(0, 12))}`, () => assert.equal(isEmojiOnly(text), false));
  }
});
