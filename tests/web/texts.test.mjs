// What becomes of texts: links, emoji.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isEmojiOnly } from '../../web/src/chat/emoji.ts';
import { linkify } from '../../web/src/chat/linkify.ts';

const links = (text) => linkify(text).filter(({ href }) => href !== undefined).map(({ text, href }) => [text, href]);

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
    it(`are not made of ${JSON.stringify(text)}`, () => assert.deepEqual(links(text), []));
  }

  it('leave the text as it was', () => {
    const texts = [...found.map(([text]) => text), ...none, '', 'a https://b.example c www.d.example e', '<b>bold</b>\n&amp;'];
    for (const text of texts) assert.equal(linkify(text).map((piece) => piece.text).join(''), text);
  });

  it('are found in time in texts that are made to take long', () => {
    const texts = [
      'www.'.repeat(1000),
      `https://a${')'.repeat(3990)}`,
      `https://${'.'.repeat(3990)}`,
      `${'('.repeat(2000)}http://a${')'.repeat(1990)}`,
    ];
    const started = performance.now();
    for (const text of texts) linkify(text);
    assert.ok(performance.now() - started < 1_000);
  });
});

describe('emoji by themselves', () => {
  for (const text of ['🎉', '👍🏽', '👩‍👩‍👧‍👦', '🇺🇦', '❤️ 🎈', '🙂🙃🙂']) {
    it(`are ${text}`, () => assert.equal(isEmojiOnly(text), true));
  }
  for (const text of ['', ' ', 'a', '🎉 a', '🙂🙂🙂🙂', '7', '🎉'.repeat(2000)]) {
    it(`are not ${JSON.stringify(text.slice(0, 12))}`, () => assert.equal(isEmojiOnly(text), false));
  }
});
