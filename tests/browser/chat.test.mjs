// Two people in two browsers who chat.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { join, message, openBrowser, openSite, say } from './support/browser.mjs';

describe('two people', () => {
  it('register and read what the other says', async (t) => {
    const { url } = await openSite(t);
    const browser = await openBrowser(t);
    const ann = await join(t, browser, url, 'ann');
    const ben = await join(t, browser, url, 'ben');
    await say(ann, 'Hello, is anybody there?');
    await message(ben, 'Hello, is anybody there?').waitFor();
    await say(ben, 'I am.');
    await message(ann, 'I am.').waitFor();
    assert.equal(await message(ann, 'Hello, is anybody there?').count(), 1);
  });
});
