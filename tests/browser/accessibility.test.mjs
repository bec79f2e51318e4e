// Accessibility of every state of the page.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { before, describe, it } from 'node:test';
import { eventually, join, launchBrowser, openSite, register, visit } from './support/browser.mjs';
import { colorSchemes, devices, fill, scenes } from './support/scenes.mjs';

let browser, room, axe;
before(async () => {
  browser = await launchBrowser();
  room = await openSite();
  await fill(room);
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
});

let people = 0;
const nextName = () => `guest-${++people}`;

/** Runs axe on the page. Returns one line for every element with a fault. */
async function violations(page) {
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

for (const [device, options] of Object.entries(devices)) {
  describe(`on a ${device}`, () => {
    for (const { name, set } of scenes) {
      it(`axe finds nothing wrong with "${name}", light or dark`, async (t) => {
        const own = await openSite();
        const clients = await fill(own);
        const page = await visit(t, browser, own.url, { ...options, reducedMotion: 'reduce' });
        await set(page, { username: nextName(), clients });
        // The page's security policy forbids further scripts; the test injects axe from outside.
        await page.evaluate(axe);
        for (const colorScheme of colorSchemes) {
          await page.emulateMedia({ colorScheme });
          assert.deepEqual(await violations(page), [], colorScheme);
        }
      });
    }
  });
}

describe('with the keyboard', () => {
  const focused = (page) => page.evaluate(() => {
    const { activeElement: element } = document;
    return element.ariaLabel ?? element.labels?.[0]?.textContent ?? element.textContent;
  });

  it('a user registers, writes, and reaches everything in visual order', async (t) => {
    const page = await visit(t, browser, room.url);
    const order = [];
    await eventually(page, () => document.activeElement.tagName === 'INPUT');
    for (let step = 0; step < 5; step++) {
      order.push(await focused(page));
      await page.keyboard.press('Tab');
    }
    assert.deepEqual(order, ['Username', 'Password', 'Show password', 'Log in', 'Create an account']);

    const username = nextName();
    await register(page, username);
    await page.locator('body').evaluate(() => document.activeElement.blur());
    await page.getByRole('link', { name: 'Skip to the message box' }).focus();
    await page.keyboard.press('Enter');
    assert.equal(await focused(page), 'Message');
    const backwards = [];
    for (let step = 0; step < 3; step++) {
      await page.keyboard.press('Shift+Tab');
      // Links in messages may come in between.
      while (await page.evaluate(() => document.activeElement.matches('.text a'))) await page.keyboard.press('Shift+Tab');
      backwards.push(await focused(page));
    }
    assert.deepEqual(backwards, ['Messages', `Account of ${username}`, 'Skip to the message box']);
  });

  it('the focus is always visible', async (t) => {
    const page = await visit(t, browser, room.url);
    await eventually(page, () => document.activeElement.tagName === 'INPUT');
    for (const name of ['Show password', 'Log in', 'Create an account']) {
      const button = page.getByRole('button', { name });
      await page.keyboard.press('Tab');
      while (!(await button.evaluate((button) => button === document.activeElement))) await page.keyboard.press('Tab');
      assert.match(await button.evaluate((button) => getComputedStyle(button).outline), /solid 2px/, name);
    }
  });

  it('dialogs open and close, and return the focus', async (t) => {
    const page = await join(t, browser, room.url, nextName(), devices.phone);
    const button = page.getByRole('button', { name: 'online' });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await button.evaluate((button) => button === document.activeElement), true);
  });

  it('the messages scroll', async (t) => {
    const page = await join(t, browser, room.url, nextName(), { viewport: { width: 800, height: 400 } });
    const log = page.getByRole('log');
    await page.getByText('long screws').waitFor();
    const before = await log.evaluate((log) => log.scrollTop);
    await log.focus();
    await page.keyboard.press('PageUp');
    await eventually(page, (before) => document.querySelector('[role=log]').scrollTop < before, before);
  });
});

describe('enlarged', () => {
  // 1280 × 800 at 200 and at 400 per cent.
  for (const [width, height] of [[640, 400], [320, 200 + 56]]) {
    it(`to ${width} × ${height}, nothing requires sideways scrolling`, async (t) => {
      const viewport = { width, height };
      const page = await visit(t, browser, room.url, { viewport });
      const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(await sideways(), 0);
      // Content beyond the edge of a clipped page could not be reached by scrolling.
      const card = await page.locator('.welcome-card').boundingBox();
      assert.ok(card.x > 0 && card.x + card.width < width, JSON.stringify(card));
      await register(page, nextName());
      await page.getByText('long screws').waitFor();
      assert.equal(await sideways(), 0);
      const send = await page.getByRole('button', { name: 'Send' }).boundingBox();
      assert.ok(send.y + send.height <= height, 'the composer is out of sight');
    });
  }
});

describe('the list of messages', () => {
  it('announces nothing while it is scrolled, and tells screen readers its length', async (t) => {
    const page = await join(t, browser, room.url, nextName());
    await page.getByText('long screws').waitFor();
    assert.equal(await page.getByRole('log').getAttribute('aria-live'), 'off');
    const items = page.getByRole('log').locator('li');
    const [size, position] = await items.last().evaluate((item) => [item.ariaSetSize, item.ariaPosInSet]);
    assert.ok(Number(size) >= 8);
    assert.equal(position, size);
  });
});
