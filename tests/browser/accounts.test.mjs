// Registration, login, and staying logged in across reloads, tabs and new tokens.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { password } from '../worker/support/chatroom.mjs';
import { inTime } from '../worker/support/patience.mjs';
import { eventually, fillIn, join, joined, launchBrowser, logIn, message, openSite, register, say, visit } from './support/browser.mjs';

let browser;
before(async () => (browser = await launchBrowser()));

const storedToken = (page) => page.evaluate(() => JSON.parse(localStorage.getItem('natter.session'))?.token);
const openMenu = (page, username) => page.getByRole('button', { name: `Account of ${username}` }).click();

/** Makes the login appear due for renewal to every page that loads from now on. */
const makeDue = (page) => page.evaluate(() => {
  const login = JSON.parse(localStorage.getItem('natter.session'));
  localStorage.setItem('natter.session', JSON.stringify({ ...login, renewAt: 0 }));
});

/** Resolves to the first text that the page sends and that contains this, by polling or over its WebSocket. */
function sending(page, part) {
  return new Promise((resolve) => {
    const look = (data) => String(data).includes(part) && resolve(String(data));
    page.on('request', (request) => look(request.postData()));
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => look(payload)));
  });
}

describe('an account', () => {
  it('is registered once; a refusal is explained and keeps the input', async (t) => {
    const { url } = await openSite();
    await join(t, browser, url, 'ann');
    const page = await visit(t, browser, url);
    await page.getByRole('button', { name: 'Create an account' }).click();
    await fillIn(page, 'Ann');
    await page.getByRole('button', { name: 'Register' }).click();
    await page.getByRole('alert').filter({ hasText: 'This username is already taken.' }).waitFor();
    assert.equal(await page.getByRole('textbox', { name: 'Username' }).inputValue(), 'Ann');
    await page.getByRole('textbox', { name: 'Username' }).fill('Anne');
    await page.getByRole('button', { name: 'Register' }).click();
    await joined(page);
  });

  it('accepts only the right password', async (t) => {
    const room = await openSite();
    await room.token('ann');
    const page = await visit(t, browser, room.url);
    await page.getByRole('textbox', { name: 'Username' }).fill('ann');
    await page.getByRole('textbox', { name: 'Password' }).fill('something else');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'Wrong username or password.' }).waitFor();
    await logIn(page, 'ann');
  });

  it('shows when to try again after too many attempts', async (t) => {
    const room = await openSite({ vars: { LOGIN_ATTEMPTS: '1' } });
    await room.token('ann');
    const page = await visit(t, browser, room.url);
    await page.getByRole('textbox', { name: 'Username' }).fill('ann');
    await page.getByRole('textbox', { name: 'Password' }).fill('something else');
    await eventually(page, () => {
      const alert = document.querySelector('[role=alert]').textContent;
      if (alert.startsWith('Wrong')) document.querySelector('form').requestSubmit();
      else if (alert === '' && document.querySelector('form').ariaBusy !== 'true') document.querySelector('form').requestSubmit();
      return /^Too many attempts\. Try again in \d+ (second|minute)s?\.$/.test(alert);
    });
  });

  it('shows the typed password on request', async (t) => {
    const { url } = await openSite();
    const page = await visit(t, browser, url);
    const field = page.getByRole('textbox', { name: 'Password' });
    await field.fill('secret');
    assert.equal(await field.getAttribute('type'), 'password');
    await page.getByRole('button', { name: 'Show password' }).click();
    assert.deepEqual([await field.getAttribute('type'), await field.inputValue()], ['text', 'secret']);
  });
});

describe('a login', () => {
  it('survives a reload, and applies to a second tab', async (t) => {
    const { url } = await openSite();
    const page = await join(t, browser, url, 'ann');
    await say(page, 'before');
    await message(page, 'before').waitFor();
    await page.reload();
    await joined(page);
    await message(page, 'before').waitFor();
    const second = await page.context().newPage();
    await second.goto(url);
    await joined(second);
    await message(second, 'before').waitFor();
  });

  it('is renewed once by two tabs that find it due at the same moment', async (t) => {
    const { url } = await openSite();
    const page = await join(t, browser, url, 'ann');
    const second = await page.context().newPage();
    await second.goto(url);
    await joined(second);
    let exchanges = 0;
    page.context().on('request', (request) => request.url().endsWith('/api/auth/refresh') && exchanges++);
    const old = await storedToken(page);
    await makeDue(page);
    await Promise.all([page.reload(), second.reload()]);
    for (const tab of [page, second]) {
      await joined(tab);
      await eventually(tab, (old) => JSON.parse(localStorage.getItem('natter.session')).token !== old, old);
    }
    await page.bringToFront();
    await say(page, 'from one');
    await message(second, 'from one').waitFor();
    await second.bringToFront();
    await say(second, 'from the other');
    await message(page, 'from the other').waitFor();
    assert.equal(exchanges, 1);
  });

  it('renewed by one tab keeps the socket of the other beyond the old token', async (t) => {
    const { url } = await openSite();
    const page = await visit(t, browser, url);
    const told = sending(page, '"refresh_token"');
    await register(page, 'ann');
    await makeDue(page);
    const second = await page.context().newPage();
    await second.goto(url);
    await joined(second);
    const packet = await inTime(told, () => 'the first tab did not tell the server of the token');
    assert.ok(packet.includes(await storedToken(second)));
    assert.equal(await page.locator('[data-connection="connected"]').count(), 1);
  });

  it('is renewed by the tab that finds its token expired', async (t) => {
    const { url } = await openSite();
    const page = await join(t, browser, url, 'ann');
    await page.evaluate(() => {
      const login = JSON.parse(localStorage.getItem('natter.session'));
      localStorage.setItem('natter.session', JSON.stringify({ ...login, token: `${login.token}x` }));
    });
    await page.reload();
    await joined(page);
    assert.doesNotMatch(await storedToken(page), /x$/);
  });

  it('ends in all tabs when one logs out, and the user goes offline', async (t) => {
    const room = await openSite();
    const ben = await room.join('ben');
    const page = await join(t, browser, room.url, 'ann');
    const second = await page.context().newPage();
    await second.goto(room.url);
    await joined(second);
    await page.bringToFront();
    await openMenu(page, 'ann');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
    await second.getByText('You were logged out in another tab.').waitFor();
    await ben.next('online_users', (usernames) => usernames.join() === 'ben');
    await page.reload();
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  });

  it('ends elsewhere and continues here when the password is changed', async (t) => {
    const { url } = await openSite();
    const page = await join(t, browser, url, 'ann');
    const second = await page.context().newPage();
    await second.goto(url);
    const elsewhere = await visit(t, browser, url);
    await logIn(elsewhere, 'ann');

    await page.bringToFront();
    await openMenu(page, 'ann');
    await page.getByRole('button', { name: 'Change password' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Current password' }).fill('not this one');
    await dialog.getByRole('textbox', { name: 'New password' }).fill('quite another phrase');
    await dialog.getByRole('button', { name: 'Change password' }).click();
    await dialog.getByText('The current password is wrong.').waitFor();
    await dialog.getByRole('textbox', { name: 'Current password' }).fill(password);
    await dialog.getByRole('button', { name: 'Change password' }).click();
    await dialog.getByText('Your password has been changed.').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();

    await elsewhere.getByText("You've been logged out. Please log in again.").waitFor();
    await say(page, 'still here');
    await message(second, 'still here').waitFor();
    await second.reload();
    await joined(second);
  });
});
