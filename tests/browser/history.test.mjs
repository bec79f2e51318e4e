// Long conversations: the part in the document, and stable positions.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { eventually, join, launchBrowser, message, openSite, say } from './support/browser.mjs';
import { Wire } from './support/wire.mjs';

const count = 10_000;
/** The number of messages that may await acknowledgement at once. */
const atOnce = 500;

let browser;
before(async () => (browser = await launchBrowser()));

/** Sends `count` messages of different lengths. Resolves to the client that sent them. */
async function talk(room, lines) {
  const ben = await room.join('ben');
  for (let first = 0; first < lines; first += atOnce) {
    const texts = Array.from({ length: Math.min(atOnce, lines - first) }, (_, index) => {
      const number = first + index + 1;
      return `message ${number}${' and so on'.repeat((number * 7) % 40)}`;
    });
    await Promise.all(texts.map((text) => ben.ask('send_message', { text })));
  }
  return ben;
}

const log = (page) => page.getByRole('log');
const scrollTo = (page, top) => log(page).evaluate((log, top) => log.scrollTo(0, top), top);

/** Resolves when nothing has moved for ten frames. */
const stillness = (page) => page.evaluate(() => new Promise((resolve) => {
  const log = document.querySelector('[role=log]');
  let [seen, still] = ['', 0];
  const look = () => {
    const now = `${log.scrollTop} ${log.scrollHeight} ${log.querySelectorAll('li').length}`;
    still = now === seen ? still + 1 : 0;
    seen = now;
    if (still === 10) resolve();
    else requestAnimationFrame(look);
  };
  look();
}));

/** Returns a visible message and its distance from the top of the list, in CSS pixels. */
const inSight = (page) => log(page).evaluate((log) => {
  const { top } = log.getBoundingClientRect();
  const item = [...log.querySelectorAll('li')].find((item) => item.getBoundingClientRect().top >= top);
  return { key: item.dataset.key, distance: item.getBoundingClientRect().top - top };
});

const distanceOf = (page, key) => log(page).evaluate((log, key) => (
  log.querySelector(`[data-key="${key}"]`).getBoundingClientRect().top - log.getBoundingClientRect().top
), key);

describe('ten thousand messages', () => {
  let room;
  before(async () => {
    room = await openSite();
    await talk(room, count);
  });

  it('can be read to the beginning, with only a few in the document at a time', async (t) => {
    const page = await join(t, browser, room.url, 'ann');
    await message(page, `message ${count}`).waitFor();
    let most = { rows: 0, nodes: 0 };
    for (;;) {
      const { rows, nodes, head } = await page.evaluate(() => ({
        rows: document.querySelectorAll('[role=log] li').length,
        nodes: document.querySelectorAll('*').length,
        head: document.querySelector('.messages-head').textContent,
      }));
      most = { rows: Math.max(most.rows, rows), nodes: Math.max(most.nodes, nodes) };
      if (head === 'This is the beginning of the conversation.') break;
      const known = await page.getByRole('listitem').last().getAttribute('aria-setsize');
      await scrollTo(page, 0);
      await eventually(page, (known) => {
        const item = document.querySelector('[role=log] li');
        return item.ariaSetSize !== known || document.querySelector('.messages-head').textContent === 'This is the beginning of the conversation.';
      }, known);
    }
    await scrollTo(page, 0);
    await message(page, 'message 1 and').waitFor();
    assert.equal(await log(page).locator('li').first().getAttribute('aria-setsize'), String(count));
    t.diagnostic(`at most ${most.rows} messages and ${most.nodes} elements`);
    assert.ok(most.rows <= 60, `${most.rows} messages`);
    assert.ok(most.nodes <= 800, `${most.nodes} elements`);

    // Scrolls towards the end, one page per frame.
    most.rows = await log(page).evaluate((log) => new Promise((resolve) => {
      let [rows, frames] = [0, 0];
      const step = () => {
        rows = Math.max(rows, log.querySelectorAll('li').length);
        frames += 1;
        if (frames === 240) return resolve(rows);
        log.scrollBy(0, log.clientHeight);
        requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    }));
    assert.ok(most.rows <= 60, `${most.rows} messages`);
    await page.getByRole('button', { name: 'Jump to the latest message' }).click();
    await message(page, `message ${count}`).waitFor();
  });
});

describe('the visible message', () => {
  /** Opens a page that is scrolled into the middle of some hundred messages. */
  async function reading(t, options) {
    const room = await openSite();
    const ben = await talk(room, 300);
    const page = await join(t, browser, room.url, 'ann', options);
    await message(page, 'message 300').waitFor();
    await log(page).evaluate((log) => log.scrollTo(0, log.scrollHeight - 3 * log.clientHeight));
    await stillness(page);
    return { page, ben, seen: await inSight(page) };
  }

  const assertStill = async (page, { key, distance }) => {
    await stillness(page);
    const now = await distanceOf(page, key);
    assert.ok(Math.abs(now - distance) <= 1, `it moved by ${now - distance} px`);
  };

  it('stays in place when earlier messages load above', async (t) => {
    const wire = new Wire();
    const { page } = await reading(t, { prepare: wire.prepare });
    await wire.upgraded;
    wire.hold();
    const before = await log(page).locator('li').first().getAttribute('aria-setsize');
    // They load before the beginning is visible, so that a message can stay in place.
    await scrollTo(page, 300);
    await stillness(page);
    const seen = await inSight(page);
    wire.release();
    await eventually(page, (before) => document.querySelector('[role=log] li').ariaSetSize !== before, before);
    await assertStill(page, seen);
  });

  it('stays in place when a message arrives', async (t) => {
    const { page, ben, seen } = await reading(t);
    await ben.ask('send_message', { text: 'quite new' });
    await page.getByRole('button', { name: '1 new message' }).waitFor();
    await assertStill(page, seen);
  });

  it('stays where it is when messages are deleted, in sight and above', async (t) => {
    const wire = new Wire();
    const { page, seen } = await reading(t, { prepare: wire.prepare });
    await wire.upgraded;
    const keys = await log(page).locator('li').evaluateAll((items) => items.map((item) => item.dataset.key));
    const index = keys.indexOf(seen.key);
    const next = { key: keys[index + 1], distance: await distanceOf(page, keys[index + 1]) };
    for (const id of [keys[0], keys[index - 1], keys[index], keys[index + 2]]) {
      wire.inject('message_deleted', { id });
      await page.locator(`[data-key="${id}"]`).waitFor({ state: 'detached' });
    }
    await assertStill(page, next);
  });

  it('stays in place when the window becomes wider or narrower', async (t) => {
    const { page, seen } = await reading(t);
    for (const width of [420, 900, 1280]) {
      await page.setViewportSize({ width, height: 600 });
      await assertStill(page, seen);
    }
  });

  it('stays in place while the user writes a long text', async (t) => {
    const { page, seen } = await reading(t);
    await page.getByRole('textbox', { name: 'Message' }).fill('line\n'.repeat(12));
    await assertStill(page, seen);
  });

  it('stays at the end if it is the last one', async (t) => {
    const { page, ben } = await reading(t);
    const assertAtEnd = async () => {
      await stillness(page);
      const rest = await log(page).evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop);
      assert.ok(rest <= 1, `${rest} px below`);
    };
    await page.getByRole('button', { name: 'Jump to the latest message' }).click();
    await assertAtEnd();
    await page.getByRole('textbox', { name: 'Message' }).fill('line\n'.repeat(12));
    await assertAtEnd();
    await page.setViewportSize({ width: 420, height: 500 });
    await assertAtEnd();
    await ben.ask('send_message', { text: 'quite new '.repeat(100) });
    await message(page, 'quite new').waitFor();
    await assertAtEnd();
    await say(page, 'mine');
    await assertAtEnd();
  });

  it('stays at the end at every step while the list becomes higher', async (t) => {
    const { page } = await reading(t);
    const assertAtEnd = async () => {
      await stillness(page);
      const rest = await log(page).evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop);
      assert.ok(rest <= 1, `${rest} px below`);
      assert.equal(await page.locator('.to-end button').count(), 0);
    };
    const field = page.getByRole('textbox', { name: 'Message' });
    await page.getByRole('button', { name: 'Jump to the latest message' }).click();
    await assertAtEnd();
    await field.fill('two\nlines');
    await assertAtEnd();
    await field.fill('');
    await assertAtEnd();
    // A phone's keyboard opens and closes, and a window is enlarged.
    for (const [width, height] of [[420, 340], [420, 720], [1280, 720], [1280, 1000]]) {
      await page.setViewportSize({ width, height });
      await assertAtEnd();
    }
    // Fonts load late, first a wider one, then a narrower one.
    for (const size of ['1.25rem', '0.8rem', '']) {
      await page.evaluate((size) => (document.querySelector('.messages').style.fontSize = size), size);
      await assertAtEnd();
    }
  });

  it('stays in place when the list becomes higher again', async (t) => {
    const { page, seen } = await reading(t);
    const field = page.getByRole('textbox', { name: 'Message' });
    await field.fill('line\n'.repeat(12));
    await assertStill(page, seen);
    await field.fill('');
    await assertStill(page, seen);
    for (const height of [340, 1000]) {
      await page.setViewportSize({ width: 1280, height });
      await assertStill(page, seen);
    }
  });

  it('is the last one after the user sends a message', async (t) => {
    const { page } = await reading(t);
    await say(page, 'mine');
    await message(page, 'mine').waitFor();
    await page.getByRole('button', { name: 'Jump to the latest message' }).waitFor({ state: 'detached' });
  });
});
