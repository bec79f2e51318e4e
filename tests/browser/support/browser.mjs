// Real pages in a real browser, against a server that serves them.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { findChromium } from '../../../scripts/lib/chromium.mjs';
import { webFolder } from '../../../scripts/lib/web-build.mjs';
import { openChatroom, password } from '../../worker/support/chatroom.mjs';
import { afterwards } from '../../worker/support/cleanup.mjs';
import { patience } from '../../worker/support/patience.mjs';

export { webFolder };

const flags = [
  '--no-sandbox',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A camera and a microphone that need nobody's permission, and addresses that the other page can reach without mDNS.
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

/** Launches a browser, which is closed after the test or suite. */
export async function launchBrowser() {
  const executablePath = findChromium();
  assert.ok(executablePath, 'There is no Chromium: `npm test -- browser` installs one where it can.');
  const browser = await chromium.launch({ executablePath, args: flags });
  afterwards(() => browser.close());
  return browser;
}

/** Opens a chatroom whose server also serves the page. */
export function openSite(options) {
  return openChatroom({ page: webFolder, ...options });
}

/** Resolves when `read(argument)` is true in the page. A page that is not in front has no frames to ask with. */
export async function eventually(page, read, argument) {
  await page.waitForFunction(read, argument, { timeout: patience, polling: 50 });
}

/** What the browser itself logs of refused requests and lost connections, which are no errors of the page. */
const networkTrouble = /^Failed to load resource|^WebSocket connection to/;

/**
 * A visitor: a browser context of their own, with a page that shows the site. Whatever the page throws, logs as an error or is
 * forbidden by its security policy fails the test. `prepare(page)` is called before it loads; `options` are those of Playwright's
 * contexts.
 */
export async function visit(t, browser, url, { prepare, ...options } = {}) {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC', ...options });
  context.setDefaultTimeout(patience);
  const errors = [];
  context.on('page', (page) => {
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !networkTrouble.test(message.text())) errors.push(message.text());
    });
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(errors, [], 'the page reported errors');
  });
  const page = await context.newPage();
  await prepare?.(page);
  await page.goto(url);
  return page;
}

/** Registers a user on the page, and resolves once the chat is there and connected. */
export async function register(page, username) {
  await page.getByRole('button', { name: 'Create an account' }).click();
  await fillIn(page, username);
  await page.getByRole('button', { name: 'Register' }).click();
  await joined(page);
}

/** Logs a user in who is registered. */
export async function logIn(page, username) {
  await fillIn(page, username);
  await page.getByRole('button', { name: 'Log in' }).click();
  await joined(page);
}

export async function fillIn(page, username) {
  await page.getByRole('textbox', { name: 'Username' }).fill(username);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
}

/** Resolves once the page shows the chat, connected; says what it shows instead where it does not. */
export async function joined(page) {
  try {
    await page.locator('[data-connection="connected"]').waitFor();
  } catch (error) {
    error.message += `\nThe page shows: ${await page.locator('body').innerText()}`;
    throw error;
  }
}

/** The texts of the messages that are in the document, in order. */
export function texts(page) {
  return page.getByRole('log').evaluate((log) => [...log.querySelectorAll('.text')].map((text) => {
    const copy = text.cloneNode(true);
    copy.querySelector('.meta').remove();
    return copy.textContent;
  }));
}

/** A visitor who is registered and connected. */
export async function join(t, browser, url, username, options) {
  const page = await visit(t, browser, url, options);
  await register(page, username);
  return page;
}

/** Writes and sends a message. */
export async function say(page, text) {
  await page.getByRole('textbox', { name: 'Message' }).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** The message with this text in the list of the page. */
export function message(page, text) {
  return page.getByRole('article').filter({ hasText: text });
}
