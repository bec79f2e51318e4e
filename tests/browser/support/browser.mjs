// Pages in a real browser, and the server behind them.
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
  // A fake camera and microphone without permission prompts, and addresses that other pages can reach without mDNS.
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

/** Resolves when `read(argument)` is true in the page. It polls, because a hidden page has no animation frames. */
export async function eventually(page, read, argument) {
  await page.waitForFunction(read, argument, { timeout: patience, polling: 50 });
}

/** Matches the browser's own log lines about refused requests and lost connections, which are not errors of the page. */
const networkTrouble = /^Failed to load resource|^WebSocket connection to/;

/**
 * Opens the site in a new browser context. The test fails if the page throws, logs an error or violates its security policy.
 * `prepare(page)` runs before the page loads; `options` are those of Playwright's contexts.
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

/** Registers a user on the page. Resolves once the chat is connected. */
export async function register(page, username) {
  await page.getByRole('button', { name: 'Create an account' }).click();
  await fillIn(page, username);
  await page.getByRole('button', { name: 'Register' }).click();
  await joined(page);
}

/** Logs in a registered user. */
export async function logIn(page, username) {
  await fillIn(page, username);
  await page.getByRole('button', { name: 'Log in' }).click();
  await joined(page);
}

export async function fillIn(page, username) {
  await page.getByRole('textbox', { name: 'Username' }).fill(username);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
}

/** Resolves once the chat is connected. A failure quotes the page. */
export async function joined(page) {
  try {
    await page.locator('[data-connection="connected"]').waitFor();
  } catch (error) {
    error.message += `\nThe page shows: ${await page.locator('body').innerText()}`;
    throw error;
  }
}

/** Returns the texts of the messages in the document, in order. */
export function texts(page) {
  return page.getByRole('log').evaluate((log) => [...log.querySelectorAll('.text')].map((text) => {
    const copy = text.cloneNode(true);
    copy.querySelector('.meta').remove();
    return copy.textContent;
  }));
}

/** Opens the site and registers a user. */
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

/** Locates the message with this text. */
export function message(page, text) {
  return page.getByRole('article').filter({ hasText: text });
}
