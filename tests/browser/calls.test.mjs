// Two people in two browsers who call each other.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually, join, joined, launchBrowser, openSite } from './support/browser.mjs';

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

/** Two who see each other move. */
async function inCall(t) {
  const { ann, ben } = await two(t);
  await button(ann, 'Call ben').click();
  await button(ben, 'Accept').click();
  await Promise.all([moves(ann), moves(ben)]);
  return { ann, ben };
}

/** Resolves once nothing of a call is left: no screen, and no camera or microphone that is on. */
const isOver = (page) => eventually(page, () =>
  document.querySelector('dialog.call') === null && window.captured.every((track) => track.readyState === 'ended'));

describe('a call', () => {
  it('shows both sides moving video of the other, and ends for both', async (t) => {
    const { ann, ben } = await inCall(t);
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

  it('is missed when the tab of the caller crashes', async (t) => {
    const { ann, ben } = await two(t);
    await button(ann, 'Call ben').click();
    await button(ben, 'Accept').waitFor();
    await ann.close({ runBeforeUnload: false });
    await ben.getByText('You missed a call from ann.').waitFor();
    await isOver(ben);
  });

  it('is refused while the other one is in a call', async (t) => {
    const { url, ann, ben } = await two(t);
    const eve = await join(t, browser, url, 'eve', { prepare: watchTracks });
    await button(ann, 'Call ben').click();
    await button(ben, 'Accept').click();
    await moves(ann);
    await button(eve, 'Call ben').click();
    await eve.getByText(/^ben is in another call/).waitFor();
    await isOver(eve);
    await moves(ann);
  });

  it('stops ringing in the other tabs when one answers', async (t) => {
    const { url, ann, ben } = await two(t);
    const other = await ben.context().newPage();
    await watchTracks(other);
    await other.goto(url);
    await joined(other);
    await button(ann, 'Call ben').click();
    await button(ben, 'Accept').waitFor();
    await button(other, 'Accept').click();
    await ben.getByText('You answered on another device or in another tab.').waitFor();
    await isOver(ben);
    await Promise.all([moves(ann), moves(other)]);
  });

  it('stops ringing in the other tabs when one declines', async (t) => {
    const { url, ann, ben } = await two(t);
    const other = await ben.context().newPage();
    await watchTracks(other);
    await other.goto(url);
    await joined(other);
    await button(ann, 'Call ben').click();
    await button(ben, 'Accept').waitFor();
    await button(other, 'Decline').click();
    await ben.getByText('You declined on another device or in another tab.').waitFor();
    await ann.getByText('ben declined the call.').waitFor();
    await Promise.all([isOver(ann), isOver(ben), isOver(other)]);
  });

  it('goes on as one call when both dial at once', async (t) => {
    const { ann, ben } = await two(t);
    await Promise.all([button(ann, 'Call ben').click(), button(ben, 'Call ann').click()]);
    const rung = await Promise.any([ann, ben].map(async (page) => {
      await button(page, 'Accept').waitFor();
      return page;
    }));
    await button(rung, 'Accept').click();
    await Promise.all([moves(ann), moves(ben)]);
  });

  it('is told from the first that the other one is not there, though still in the list', async (t) => {
    const room = await openSite(t);
    const ann = await join(t, browser, room.url, 'ann', { prepare: watchTracks });
    const ben = await room.join('ben', { reconnection: false, transports: ['websocket'] });
    await button(ann, 'Call ben').waitFor();
    // Its connection is lost without a word, which is forgiven for some seconds.
    ben.socket.io.engine.close();
    await button(ann, 'Call ben').click();
    await ann.getByText('ben is not online.').waitFor();
    await isOver(ann);
  });

  it('rings for three quarters of a minute, and was missed then', async (t) => {
    const { ann, ben } = await two(t);
    await button(ann, 'Call ben').click();
    await button(ben, 'Accept').waitFor();
    await ann.getByText('ben did not answer.').waitFor({ timeout: 75_000 });
    await ben.getByText('You missed a call from ann.').waitFor();
    await Promise.all([isOver(ann), isOver(ben)]);
  });

  it('is heard without a camera, and says so', async (t) => {
    const { url } = await openSite(t);
    const withoutCamera = async (page) => {
      await page.addInitScript(() => {
        const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (constraints) => {
          if (constraints.video) throw new DOMException('there is none', 'NotFoundError');
          return original(constraints);
        };
      });
      await watchTracks(page);
    };
    const ann = await join(t, browser, url, 'ann', { prepare: withoutCamera });
    const ben = await join(t, browser, url, 'ben', { prepare: watchTracks });
    await button(ann, 'Call ben').click();
    await button(ben, 'Accept').click();
    await moves(ann);
    await ann.getByText('No camera could be used: you are heard, but not seen.').waitFor();
    assert.equal(await button(ann, 'Camera off').count(), 0);
    assert.deepEqual(await ann.evaluate(() => window.captured.map(({ kind }) => kind)), ['audio']);
    await button(ben, 'Hang up').click();
    await Promise.all([isOver(ann), isOver(ben)]);
  });

  it('ends for the other one when a page is gone', async (t) => {
    const { ann, ben } = await inCall(t);
    await ann.close();
    await ben.getByText('The call ended: the connection was lost.').waitFor();
    await isOver(ben);
  });

  it('goes on muted, unseen, and with a screen in the place of the camera', async (t) => {
    const { ann, ben } = await inCall(t);
    const enabled = (kind) => ann.evaluate((kind) => window.captured.find((track) => track.kind === kind).enabled, kind);
    for (const [name, kind] of [['Mute', 'audio'], ['Camera off', 'video']]) {
      for (const off of [true, false]) {
        await button(ann, name).click();
        await ann.locator(`button[aria-pressed=${off}]`, { hasText: name }).waitFor();
        assert.equal(await enabled(kind), !off);
      }
    }

    // A canvas stands in for a screen, of which a browser without a window has none.
    await ann.evaluate(() => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 200 });
      const context = canvas.getContext('2d');
      setInterval(() => context.fillRect(Math.random() * 320, 0, 1, 1), 20);
      navigator.mediaDevices.getDisplayMedia = async () => {
        const stream = canvas.captureStream();
        window.captured.push(...stream.getTracks());
        return stream;
      };
    });
    const isScreen = (is) => eventually(ben, (is) => {
      const { videoWidth, videoHeight } = document.querySelector('.call-remote');
      return videoWidth > 0 && (videoWidth * 200 === videoHeight * 320) === is;
    }, is);
    await button(ann, 'Share screen').click();
    await isScreen(true);
    // The browser's own button for it.
    await ann.evaluate(() => window.captured.at(-1).dispatchEvent(new Event('ended')));
    await isScreen(false);
    await button(ann, 'Hang up').click();
    await Promise.all([isOver(ann), isOver(ben)]);
  });

  it('needs a microphone, and says so', async (t) => {
    const { url } = await openSite(t);
    await join(t, browser, url, 'ben');
    const refuse = (page) => page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = async () => {
        throw new DOMException('refused', 'NotAllowedError');
      };
    });
    const ann = await join(t, browser, url, 'ann', { prepare: refuse });
    await button(ann, 'Call ben').click();
    await ann.getByText('Your browser did not allow camera and microphone.').waitFor();
    assert.equal(await ann.locator('dialog.call').count(), 0);
  });
});
