// Chat between two users in two browsers.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import {
  eventually, join, joined, launchBrowser, logIn, message, openSite, register, say, texts,
} from './support/browser.mjs';

let browser;
before(async () => (browser = await launchBrowser()));

const field = (page) => page.getByRole('textbox', { name: 'Message' });

/** Makes a page believe that it is hidden, or visible again. */
const setHidden = (page, hidden) => page.evaluate((hidden) => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}, hidden);

describe('two users', () => {
  it('read each other’s messages, and see who is online', async (t) => {
    const { url } = await openSite();
    const ann = await join(t, browser, url, 'ann');
    const ben = await join(t, browser, url, 'ben');
    await say(ann, 'Hello, is anybody there?');
    await message(ben, 'Hello, is anybody there?').waitFor();
    await say(ben, 'I am.');
    await message(ann, 'I am.').waitFor();
    assert.deepEqual(await texts(ann), ['Hello, is anybody there?', 'I am.']);
    assert.deepEqual(await texts(ben), ['Hello, is anybody there?', 'I am.']);

    const people = ann.getByRole('complementary', { name: 'Online' });
    await people.getByRole('listitem').filter({ hasText: 'ben' }).waitFor();
    assert.deepEqual(await people.locator('.person-name').allTextContents(), ['ann', 'ben']);
    assert.match(await people.getByRole('listitem').first().innerText(), /you/);
    await ben.context().close();
    await people.getByRole('listitem').filter({ hasText: 'ben' }).waitFor({ state: 'detached' });
  });

  it('learn of unseen messages from the title, a button, and a live region', async (t) => {
    const room = await openSite();
    const ben = await room.join('ben');
    const ann = await join(t, browser, room.url, 'ann');
    await setHidden(ann, true);
    await ben.ask('send_message', { text: 'one' });
    await ben.ask('send_message', { text: 'two' });
    await eventually(ann, () => document.title === '(2) Natter');
    await eventually(ann, () => document.querySelector('[aria-live=polite]').textContent === '2 new messages');
    await setHidden(ann, false);
    await eventually(ann, () => document.title === 'Natter');

    await ben.ask('send_message', { text: 'tall\n'.repeat(60) });
    // A message that follows soon would be announced together with it.
    await eventually(ann, () => document.querySelector('[aria-live=polite]').textContent.startsWith('ben: tall'));
    await ann.getByRole('log').evaluate((log) => log.scrollTo(0, 0));
    await ann.getByRole('button', { name: 'Jump to the latest message' }).waitFor();
    await ben.ask('send_message', { text: 'three' });
    await eventually(ann, () => document.title === '(1) Natter');
    await eventually(ann, () => document.querySelector('[aria-live=polite]').textContent === 'ben: three');
    await ann.getByRole('button', { name: '1 new message' }).click();
    await message(ann, 'three').waitFor();
    await eventually(ann, () => document.title === 'Natter' && document.querySelector('.to-end button') === null);
  });
});

describe('a draft', () => {
  it('is sent by Enter, broken by Shift+Enter, and never sent empty', async (t) => {
    const { url } = await openSite();
    const page = await join(t, browser, url, 'ann');
    await eventually(page, () => document.activeElement.tagName === 'TEXTAREA');
    await page.keyboard.press('Enter');
    await page.keyboard.type('  first line');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('second line  ');
    await page.keyboard.press('Enter');
    await message(page, 'second line').waitFor();
    assert.deepEqual(await texts(page), ['first line\nsecond line']);
    assert.equal(await field(page).inputValue(), '');
  });

  it('shows its length near the limit, and is not sent beyond it', async (t) => {
    const { url } = await openSite();
    const page = await join(t, browser, url, 'ann');
    // Characters count, not their UTF-16 units.
    await field(page).fill('😀'.repeat(3_990));
    await page.locator('.count', { hasText: /^10$/ }).waitFor();
    await field(page).fill('😀'.repeat(4_002));
    await page.getByText('2 too many').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Send' }).getAttribute('aria-disabled'), 'true');
    await field(page).press('Enter');
    await field(page).fill('😀'.repeat(4_000));
    await field(page).press('Enter');
    await page.locator('.message.sent').waitFor();
    assert.deepEqual((await texts(page)).map((text) => [...text].length), [4_000]);
  });

  it('outlives a reload while it is not sent, but no logout, here or in another tab', async (t) => {
    const { url } = await openSite();
    const page = await join(t, browser, url, 'ann');
    await field(page).fill('half a thought');
    await page.reload();
    await joined(page);
    assert.equal(await field(page).inputValue(), 'half a thought');
    const second = await page.context().newPage();
    await second.goto(url);
    await joined(second);
    await field(second).fill('the other half');
    // The connection does not come back, so that this message still waits when the login ends.
    await page.route(/socket\.io/, () => {});
    await page.context().setOffline(true);
    await say(page, 'written offline');
    await page.locator('.message.waiting').waitFor();
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Account of ann' }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    for (const tab of [page, second]) {
      await tab.getByRole('heading', { name: 'Welcome back' }).waitFor();
      assert.deepEqual(await tab.evaluate(() => Object.keys(sessionStorage)), []);
    }
  });

  it('is still there after the server has ended the login, for its user and nobody else', async (t) => {
    const { url } = await openSite();
    const page = await join(t, browser, url, 'ann');
    const lose = () => page.evaluate(() => {
      const login = JSON.parse(localStorage.getItem('natter.session'));
      localStorage.setItem('natter.session', JSON.stringify({ ...login, token: 'gone', refreshToken: 'gone', renewAt: 0 }));
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await field(page).fill('half a thought');
    await lose();
    await page.getByText("You've been logged out. Please log in again.").waitFor();
    await logIn(page, 'ann');
    assert.equal(await field(page).inputValue(), 'half a thought');
    await lose();
    await page.getByText("You've been logged out. Please log in again.").waitFor();
    await register(page, 'ben');
    assert.equal(await field(page).inputValue(), '');
    assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.endsWith('ann'))), []);
  });

  it('returns for editing when the server refuses it', async (t) => {
    const { url } = await openSite();
    const page = await join(t, browser, url, 'ann');
    await say(page, 'a bell \u0007 rings');
    await page.getByText("Not sent. A message can't contain control characters").waitFor();
    await say(page, 'this one is fine');
    await page.locator('.message.sent', { hasText: 'fine' }).waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    assert.equal(await field(page).inputValue(), 'a bell \u0007 rings');
    await say(page, 'a bell rings');
    await page.locator('.message.sent', { hasText: 'bell' }).waitFor();
    assert.deepEqual(await texts(page), ['this one is fine', 'a bell rings']);
  });

  it('waits if it is sent too fast, and arrives in order', async (t) => {
    const room = await openSite({ vars: { MESSAGES_PER_MINUTE: '60' } });
    const ben = await room.join('ben');
    const page = await join(t, browser, room.url, 'ann');
    const written = Array.from({ length: 18 }, (_, index) => `number ${index + 1}`);
    for (const text of written) await say(page, text);
    await ben.until(() => ben.all('new_message').length >= written.length, 'new_message of every message');
    assert.deepEqual(ben.all('new_message').map(({ text }) => text), written);
    await eventually(page, () => document.querySelectorAll('.message:not(.sent)').length === 0);
    assert.deepEqual(await texts(page), written);
  });
});

describe('texts with markup', () => {
  const hostile = [
    '<img src=x onerror="document.title=1"><script>document.title=2</script>',
    '&lt;b&gt; &amp; <b>bold</b>',
    'javascript:alert(1) data:text/html,<script>alert(1)</script>',
    '\u202egnp.exe https://example.com/\u202egnp.exe',
    'سلام <b> hello \u2067mixed\u2069',
    'W'.repeat(4_000),
    '\u0301'.repeat(200) + 'Z' + '\u0336'.repeat(300),
    'https://example.com/' + 'a'.repeat(3_000),
  ];

  it('are shown verbatim, and stay within their bubble', async (t) => {
    const room = await openSite();
    const ben = await room.join('ben');
    const page = await join(t, browser, room.url, 'ann', { viewport: { width: 360, height: 700 } });
    for (const text of hostile) {
      await ben.ask('send_message', { text });
      await eventually(page, (text) => {
        const last = [...document.querySelectorAll('.text')].at(-1);
        return last !== undefined && last.textContent.startsWith(text);
      }, text);
      const { markup, overflow, title } = await page.evaluate(() => ({
        markup: [...document.querySelectorAll('.text *:not(a, .meta, .meta *)')].map((element) => element.tagName),
        overflow: [document.documentElement, document.querySelector('.messages')].map((box) => box.scrollWidth - box.clientWidth),
        title: document.title,
      }));
      assert.deepEqual({ markup, overflow, title }, { markup: [], overflow: [0, 0], title: 'Natter' }, text.slice(0, 80));
    }
  });

  it('have links that lead where they say, in a new page without opener or referrer', async (t) => {
    const { url } = await openSite();
    const page = await join(t, browser, url, 'ann');
    await say(page, 'see https://example.com/a?b=c#d, or javascript:alert(1)');
    const link = message(page, 'see').getByRole('link');
    assert.equal(await link.count(), 1);
    assert.deepEqual(
      await link.evaluate((link) => [link.href, link.textContent, link.target, link.rel]),
      ['https://example.com/a?b=c#d', 'https://example.com/a?b=c#d', '_blank', 'noopener noreferrer nofollow'],
    );
  });
});
