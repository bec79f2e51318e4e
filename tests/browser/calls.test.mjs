// Two people in two browsers who call each other.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually, join, launchBrowser, openSite } from './support/browser.mjs';

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser.close());

const button = (page, name) => page.getByRole('button', { name, exact: true });

/** Keeps every track that the page captures, so that a test can see whether it was stopped. */
const watchTracks = (page) => page.addInitScript(() => {
  window.captured = [];
  const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await original(constraints);
    window.captured.push(...stream.getTracks());
    return stream;
  };
});

async function two(t) {
  const { url } = await openSite(t);
  const ann = await join(t, browser, url, 'ann', { prepare: watchTracks });
  const ben = await join(t, browser, url, 'ben', { prepare: watchTracks });
  return { url, ann, ben };
}

/** Resolves once the page has shown thirty more frames of the other side. */
async function moves(page) {
  const frames = () => document.querySelector('.call-remote')?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
  const before = await page.evaluate(frames);
  await eventually(page, (before) =>
    (document.querySelector('.call-remote')?.getVideoPlaybackQuality().totalVideoFrames ?? 0) >= before + 30, before);
}

/** Resolves once nothing of a call is left: no screen, and no camera or microphone that is on. */
const isOver = (page) => eventually(page, () =>
  document.querySelector('dialog.call') === null && window.captured.every((track) => track.readyState === 'ended'));

describe('a call', () => {
  it('shows both sides moving video of the other, and ends for both', async (t) => {
    const { ann, ben } = await two(t);
    await button(ann, 'Call ben').click();
    await button(ben, 'Accept').click();
    await Promise.all([moves(ann), moves(ben)]);
    assert.equal(await ann.evaluate(() => window.captured.length), 2);
    await button(ann, 'Hang up').click();
    await ben.getByText('ann ended the call.').waitFor();
    await Promise.all([isOver(ann), isOver(ben)]);
  });

  it('can be declined', async (t) => {
    const { ann, ben } = await two(t);
    await button(ann, 'Call ben').click();
    await button(ben, 'Decline').click();
    await ann.getByText('ben declined the call.').waitFor();
    await Promise.all([isOver(ann), isOver(ben)]);
  });

  it('can be cancelled, and was missed then', async (t) => {
    const { ann, ben } = await two(t);
    await button(ann, 'Call ben').click();
    await button(ben, 'Accept').waitFor();
    await button(ann, 'Cancel').click();
    await ben.getByText('You missed a call from ann.').waitFor();
    await Promise.all([isOver(ann), isOver(ben)]);
  });
});
