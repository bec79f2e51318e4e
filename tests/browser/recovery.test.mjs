// Lost networks and killed servers.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { startKillable } from '../worker/support/killable.mjs';
import { unlimited } from '../worker/support/chatroom.mjs';
import { scratchFolder } from '../worker/support/scratch.mjs';
import { eventually, join as joinAs, launchBrowser, message, openSite, say, texts, webFolder } from './support/browser.mjs';
import { Wire } from './support/wire.mjs';

let browser;
before(async () => (browser = await launchBrowser()));

const note = (page) => page.locator('.connection-note');

describe('a page without network', () => {
  it('says so, keeps the messages to send, and misses none', async (t) => {
    const room = await openSite();
    const ben = await room.join('ben');
    const page = await joinAs(t, browser, room.url, 'ann');
    await say(page, 'before');
    await message(page, 'before').waitFor();
    await page.context().setOffline(true);
    await note(page).getByText("You're offline.").waitFor();
    await say(page, 'written offline');
    await say(page, 'and one more');
    assert.equal(await page.locator('.message.waiting').count(), 2);
    await ben.ask('send_message', { text: 'said meanwhile' });
    await page.context().setOffline(false);
    await note(page).getByText("Reconnected. You didn't miss anything.").waitFor();
    await eventually(page, () => document.querySelectorAll('.message.sent').length === 4);
    const expected = ['before', 'said meanwhile', 'written offline', 'and one more'];
    assert.deepEqual(await texts(page), expected);
    assert.deepEqual(ben.all('new_message').map(({ text }) => text), expected);
    await eventually(page, () => document.querySelector('.connection-note').textContent === '');
  });

  it('sends its messages after a reload', async (t) => {
    const room = await openSite();
    const ben = await room.join('ben');
    const page = await joinAs(t, browser, room.url, 'ann');
    await page.context().setOffline(true);
    await note(page).getByText("You're offline.").waitFor();
    await say(page, 'written offline');
    await page.locator('.message.waiting').waitFor();
    // A page cannot load without network, so the network returns just as the page unloads.
    await Promise.all([page.context().setOffline(false), page.reload()]);
    await page.locator('.message.sent', { hasText: 'written offline' }).waitFor();
    await ben.next('new_message', ({ text }) => text === 'written offline');
    assert.deepEqual(await texts(page), ['written offline']);
  });

  it('later sends everything written meanwhile, once and in order', async (t) => {
    // Twenty at once, then ten a second.
    const room = await openSite({ vars: { MESSAGES_PER_MINUTE: '600' } });
    const ben = await room.join('ben');
    const page = await joinAs(t, browser, room.url, 'ann');
    await page.context().setOffline(true);
    await note(page).getByText("You're offline.").waitFor();
    const written = Array.from({ length: 200 }, (_, index) => `number ${index + 1}`);
    for (const text of written) await say(page, text);
    await page.context().setOffline(false);
    await ben.until(() => ben.all('new_message').length >= written.length, 'new_message of every message');
    await eventually(page, () => document.querySelectorAll('.message:not(.sent)').length === 0);
    await room.fence(ben);
    assert.deepEqual(ben.all('new_message').map(({ text }) => text).slice(0, written.length), written);
    assert.equal(ben.all('new_message').filter(({ username }) => username === 'ann').length, written.length);
  });

  it('does not mention a brief interruption', async (t) => {
    const room = await openSite();
    const wire = new Wire();
    const page = await joinAs(t, browser, room.url, 'ann', { prepare: wire.prepare });
    await wire.upgraded;
    await page.evaluate(() => {
      globalThis.interruption = new Promise((resolve) => {
        let lostAt;
        let text = '';
        new MutationObserver(() => {
          const connected = document.querySelector('[data-connection="connected"]') !== null;
          if (!connected) lostAt ??= performance.now();
          text += document.querySelector('.connection-note').textContent;
          if (lostAt !== undefined && connected) resolve({ text, ms: performance.now() - lostAt });
        }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
      });
    });
    await wire.cut();
    const { text, ms } = await page.evaluate(() => globalThis.interruption);
    // A busy machine may really take long.
    if (ms < 1_400) assert.equal(text, '');
    else assert.match(text, /^Reconnecting…/);
  });
});

describe('a server that is killed', () => {
  it('is found again when it returns, and every message arrives once and in order', async (t) => {
    const scratch = scratchFolder();
    const temporary = join(scratch, 'temporary');
    mkdirSync(temporary);
    const secret = 'x7Kq'.concat(crypto.randomUUID(), crypto.randomUUID());
    const options = { persistTo: join(scratch, 'data'), page: webFolder, vars: { ...unlimited, JWT_SECRET: secret } };
    const first = await startKillable(t, options, temporary);
    const ann = await joinAs(t, browser, first.url, 'ann');
    const ben = await joinAs(t, browser, first.url, 'ben');
    await say(ann, 'one');
    await message(ben, 'one').waitFor();
    await first.kill();
    await note(ann).getByText('Reconnecting…').waitFor();
    await say(ann, 'two');
    await say(ann, 'three');
    // The notice disappears soon.
    const back = note(ann).getByText('Reconnected.').waitFor();
    await startKillable(t, { ...options, port: Number(new URL(first.url).port) }, temporary);
    await Promise.all([back, message(ben, 'three').waitFor()]);
    await eventually(ann, () => document.querySelectorAll('.message.sent').length === 3);
    for (const page of [ann, ben]) assert.deepEqual(await texts(page), ['one', 'two', 'three']);
  });
});

describe('a server that does not answer', () => {
  it('makes a message fail, which is sent once when the user tries again', async (t) => {
    const room = await openSite();
    const ben = await room.join('ben');
    const wire = new Wire();
    // Acknowledgements and messages are lost, heartbeats are not.
    wire.arrives = (frame) => !/^43|"new_message"/.test(frame);
    const page = await joinAs(t, browser, room.url, 'ann', { prepare: wire.prepare });
    await wire.upgraded;
    await say(page, 'is this on?');
    await page.getByText("Not sent. The server didn't answer.").waitFor();
    assert.equal(await page.locator('.message.failed').count(), 1);
    wire.arrives = () => true;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.message.sent').waitFor();
    assert.deepEqual(await texts(page), ['is this on?']);
    await room.fence(ben);
    assert.deepEqual(ben.all('new_message').map(({ text }) => text).slice(0, -1), ['is this on?']);
  });
});
