// A frontend for the original server in Chromium, from registration to logout. It knows nothing of Natter.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { openChatroom, password, unlimited } from '../worker/support/chatroom.mjs';
import { startKillable } from '../worker/support/killable.mjs';
import { scratchFolder } from '../worker/support/scratch.mjs';
import { eventually, launchBrowser, visit } from './support/browser.mjs';
import { serveOriginalFrontend } from './support/original-frontend.mjs';

let browser;
before(async () => (browser = await launchBrowser()));

const button = (page, name) => page.getByRole('button', { name, exact: true });
const lines = (page) => page.locator('#messages li').allInnerTexts();
const online = (page, usernames) => eventually(page, (expected) =>
  JSON.stringify([...document.querySelectorAll('#online li')].map(({ textContent }) => textContent)) === expected, JSON.stringify(usernames));
const connected = (page) => page.locator('body[data-status="connected"]').waitFor();
const histories = (page) => page.evaluate(() => Number(document.body.dataset.histories ?? 0));

async function fill(page, form, fields) {
  for (const [name, value] of Object.entries(fields)) await page.locator(`#${form} [name=${name}]`).fill(value);
  await page.locator(`#${form} button`).click();
}

/** Registers on the page, with an e-mail address as the login form requires. */
async function register(page, email) {
  await fill(page, 'register', { username: email, email, password });
  await connected(page);
}

async function say(page, text) {
  await fill(page, 'send', { text });
}

const heard = (page, line) => page.locator('#messages li').filter({ hasText: line }).first().waitFor();

/** Starts a server and serves the frontend beside it. */
async function site(t) {
  const frontend = await serveOriginalFrontend(t);
  const room = await openChatroom({ vars: { FRONTEND_URL: frontend.origin } });
  return { room, at: (query) => frontend.at(room.url, query) };
}

/** Opens two pages with registered users who see each other online. */
async function two(t, at, query) {
  const [ann, ben] = await Promise.all(['ann@example.com', 'ben@example.com'].map(async (email) => {
    const page = await visit(t, browser, at(query));
    await register(page, email);
    return page;
  }));
  for (const page of [ann, ben]) await online(page, ['ann@example.com', 'ben@example.com']);
  return [ann, ben];
}

describe('the original frontend', () => {
  it('registers, stays logged in, logs out, and logs in by e-mail address', async (t) => {
    const { room, at } = await site(t);
    const witness = await room.join('witness');
    const page = await visit(t, browser, at());
    await register(page, 'alice@example.com');
    assert.match(await page.locator('#toast').innerText(), /\w+ \w+/);
    await online(page, ['alice@example.com', 'witness']);
    await page.reload();
    await connected(page);

    await button(page, 'Log out').click();
    await page.locator('#login').waitFor();
    await witness.next('online_users', (users) => users.includes('alice@example.com'));
    await witness.next('online_users', (users) => !users.includes('alice@example.com'));
    await page.reload();
    await page.locator('#login').waitFor();

    const toast = page.locator('#toast');
    await fill(page, 'login', { email: 'alice@example.com', password: 'not the right one' });
    await toast.getByText(/ /).waitFor();
    assert.equal(await page.locator('main').isVisible(), false);
    await fill(page, 'register', { username: 'alice@example.com', email: 'alice@example.com', password });
    await toast.getByText('This username is already taken').waitFor();
    await fill(page, 'register', { username: 'bob@example.com', email: 'bob@example.com', password: 'short' });
    await toast.getByText(/password/i).waitFor();

    await fill(page, 'login', { email: 'alice@example.com', password });
    await connected(page);
    await online(page, ['alice@example.com', 'witness']);
  });

  it('learns from connect_error that its token has expired', async (t) => {
    const { at } = await site(t);
    const page = await visit(t, browser, at());
    await page.evaluate(() => {
      localStorage.setItem('authToken', 'forged');
      localStorage.setItem('authUser', '{"username":"ann@example.com"}');
    });
    await page.reload();
    await page.locator('body[data-status="error"]').waitFor();
  });

  it('chats, and shows the users and the history', async (t) => {
    const { at } = await site(t);
    const [ann, ben] = await two(t, at);
    await say(ann, '<b>hello</b>');
    await heard(ben, 'hello');
    await say(ben, 'hello yourself');
    await heard(ann, 'hello yourself');
    const expected = ['ann@example.com: <b>hello</b>', 'ben@example.com: hello yourself'];
    for (const page of [ann, ben]) assert.deepEqual(await lines(page), expected);

    const late = await visit(t, browser, at());
    await register(late, 'late@example.com');
    await online(ann, ['ann@example.com', 'ben@example.com', 'late@example.com']);
    await eventually(late, () => document.body.dataset.histories === '1');
    assert.deepEqual(await lines(late), expected);
    await late.close();
    await online(ann, ['ann@example.com', 'ben@example.com']);
  });

  for (const [when, query] of [['as they are gathered', {}], ['before the offer', { offer: 'late' }]]) {
    it(`calls, with its candidates sent ${when}, and hangs up`, async (t) => {
      const { at } = await site(t);
      const [ann, ben] = await two(t, at, query);
      await ann.locator('#online li', { hasText: 'ben' }).click();
      await ben.getByText('ann@example.com is calling').waitFor();
      await button(ben, 'Accept').click();
      for (const page of [ann, ben]) {
        await eventually(page, () => document.getElementById('remote').getVideoPlaybackQuality().totalVideoFrames >= 30);
      }
      await button(ben, 'End call').click();
      await ann.getByText('ben@example.com ended the call').waitFor();
      for (const page of [ann, ben]) await page.locator('#call').waitFor({ state: 'hidden' });
    });
  }

  it('stops calling if the callee is offline or declines', async (t) => {
    const { room, at } = await site(t);
    const [ann, ben] = await two(t, at);
    await ann.locator('#online li', { hasText: 'ben' }).click();
    await ben.getByText('ann@example.com is calling').waitFor();
    await button(ben, 'End call').click();
    await ann.getByText('ben@example.com ended the call').waitFor();
    await ann.locator('#call').waitFor({ state: 'hidden' });

    // After a lost connection, the user is listed for some seconds but unreachable.
    const gone = await room.join('gone', { reconnection: false, transports: ['websocket'] });
    const item = ann.locator('#online li', { hasText: 'gone' });
    await item.waitFor();
    gone.lose();
    await gone.next('disconnect');
    await item.click();
    await ann.getByText('gone ended the call').waitFor();
    await ann.locator('#call').waitFor({ state: 'hidden' });
  });

  for (const [how, query] of [['with the library', {}], ['by hand, over WebSocket', { reconnect: 'by-hand' }]]) {
    it(`reconnects ${how} after the server was killed, and shows everything once`, async (t) => {
      const frontend = await serveOriginalFrontend(t);
      const scratch = scratchFolder();
      const temporary = join(scratch, 'temporary');
      mkdirSync(temporary);
      const JWT_SECRET = `${crypto.randomUUID()}${crypto.randomUUID()}`;
      const options = { persistTo: join(scratch, 'data'), vars: { ...unlimited, JWT_SECRET, FRONTEND_URL: frontend.origin } };
      const first = await startKillable(t, options, temporary);
      const [ann, ben] = await two(t, (query) => frontend.at(first.url, query), query);
      await say(ann, 'before');
      await heard(ben, 'before');
      await heard(ann, 'before');

      // Ann has no network until Ben has sent a message on the new server.
      await ann.context().setOffline(true);
      await ann.locator('body:not([data-status="connected"])').waitFor();
      await first.kill();
      await ben.locator('body:not([data-status="connected"])').waitFor();
      await startKillable(t, { ...options, port: Number(new URL(first.url).port) }, temporary);
      await connected(ben);
      await say(ben, 'missed');
      await heard(ben, 'missed');
      const before = await histories(ann);
      await ann.context().setOffline(false);
      await connected(ann);
      await eventually(ann, (before) => Number(document.body.dataset.histories) > before, before);
      await say(ann, 'after');
      await heard(ben, 'after');
      await heard(ann, 'after');
      const expected = ['ann@example.com: before', 'ben@example.com: missed', 'ann@example.com: after'];
      for (const page of [ann, ben]) assert.deepEqual(await lines(page), expected);
    });
  }
});
