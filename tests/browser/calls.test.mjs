// Calls between two users in two browsers.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { eventually, join, joined, launchBrowser, message, openSite, say } from './support/browser.mjs';
import { devices } from './support/scenes.mjs';

let browser;
before(async () => (browser = await launchBrowser()));

const button = (page, name) => page.getByRole('button', { name, exact: true });

/** Records every track that the page captures, so that tests can check that it was stopped. */
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
  const { url } = await openSite();
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

/** Opens two pages in a connected call with moving video. */
async function inCall(t) {
  const { url, ann, ben } = await two(t);
  await button(ann, 'Call ben').click();
  await button(ben, 'Accept').click();
  await Promise.all([moves(ann), moves(ben)]);
  return { url, ann, ben };
}

/** Resolves once no call screen is left, and the camera and microphone are off. */
const isOver = (page) => eventually(page, () =>
  document.querySelector('.call') === null && window.captured.every((track) => track.readyState === 'ended'));

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

  it('can be cancelled, and counts as missed', async (t) => {
    const { ann, ben } = await two(t);
    await button(ann, 'Call ben').click();
    await button(ben, 'Accept').waitFor();
    await button(ann, 'Cancel').click();
    await ben.getByText('You missed a call from ann.').waitFor();
    await Promise.all([isOver(ann), isOver(ben)]);
  });

  it('counts as missed when the caller’s tab crashes', async (t) => {
    const { ann, ben } = await two(t);
    await button(ann, 'Call ben').click();
    await button(ben, 'Accept').waitFor();
    await ann.close({ runBeforeUnload: false });
    await ben.getByText('You missed a call from ann.').waitFor();
    await isOver(ben);
  });

  it('is refused while the other user is in a call', async (t) => {
    const { url, ann, ben } = await two(t);
    const eve = await join(t, browser, url, 'eve', { prepare: watchTracks });
    await button(ann, 'Call ben').click();
    await button(ben, 'Accept').click();
    await moves(ann);
    await button(eve, 'Call ben').click();
    await eve.getByText(/in another call/).waitFor();
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
    await ben.getByText('You answered the call on another device or in another tab.').waitFor();
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
    await ben.getByText('You declined the call on another device or in another tab.').waitFor();
    await ann.getByText('ben declined the call.').waitFor();
    await Promise.all([isOver(ann), isOver(ben), isOver(other)]);
  });

  it('becomes one call when both dial at once', async (t) => {
    const { ann, ben } = await two(t);
    await Promise.all([button(ann, 'Call ben').click(), button(ben, 'Call ann').click()]);
    const rung = await Promise.any([ann, ben].map(async (page) => {
      await button(page, 'Accept').waitFor();
      return page;
    }));
    await button(rung, 'Accept').click();
    await Promise.all([moves(ann), moves(ben)]);
  });

  it('reports at once that the other user is unreachable, although still in the list', async (t) => {
    const room = await openSite();
    const ann = await join(t, browser, room.url, 'ann', { prepare: watchTracks });
    const ben = await room.join('ben', { reconnection: false, transports: ['websocket'] });
    await button(ann, 'Call ben').waitFor();
    // A lost connection keeps the user in the list for some seconds.
    ben.socket.io.engine.close();
    await button(ann, 'Call ben').click();
    await ann.getByText("ben isn't online.").waitFor();
    await isOver(ann);
  });

  it('rings for 45 seconds, and then counts as missed', async (t) => {
    const { ann, ben } = await two(t);
    await button(ann, 'Call ben').click();
    await button(ben, 'Accept').waitFor();
    await ann.getByText("ben didn't answer.").waitFor({ timeout: 75_000 });
    await ben.getByText('You missed a call from ann.').waitFor();
    await Promise.all([isOver(ann), isOver(ben)]);
  });

  it('works without a camera, and says so', async (t) => {
    const { url } = await openSite();
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
    await ann.getByText("No camera: ben can hear you, but can't see you.").waitFor();
    assert.equal(await button(ann, 'Camera off').count(), 0);
    assert.deepEqual(await ann.evaluate(() => window.captured.map(({ kind }) => kind)), ['audio']);
    await button(ben, 'Hang up').click();
    await Promise.all([isOver(ann), isOver(ben)]);
  });

  it('ends at once for the other user when a page is reloaded or left', async (t) => {
    const { url, ann, ben } = await inCall(t);
    await ann.reload();
    await ben.getByText('ann ended the call.').waitFor();
    await isOver(ben);
    await joined(ann);
    await button(ann, 'Call ben').click();
    await button(ben, 'Accept').click();
    await Promise.all([moves(ann), moves(ben)]);
    await ann.goto(`${url}/openapi.json`);
    await ben.getByText('ann ended the call.').waitFor();
    await isOver(ben);
  });

  it('stops ringing when the caller reloads', async (t) => {
    const { ann, ben } = await two(t);
    await button(ann, 'Call ben').click();
    await button(ben, 'Accept').waitFor();
    await ann.reload();
    await ben.getByText('You missed a call from ann.').waitFor();
    await isOver(ben);
  });

  it('shows no frozen picture when the other page vanishes, and ends', async (t) => {
    const { ann, ben } = await inCall(t);
    const client = await ann.context().newCDPSession(ann);
    // The crash ends the page before it can answer.
    client.send('Page.crash').catch(() => undefined);
    await ben.locator('.call-cover').waitFor();
    await ben.getByText('Reconnecting…').waitFor();
    await ben.getByText('The call ended because the connection was lost.').waitFor();
    await isOver(ben);
  });

  it('can mute, hide the camera, and share a screen instead', async (t) => {
    const { ann, ben } = await inCall(t);
    const enabled = (kind) => ann.evaluate((kind) => window.captured.find((track) => track.kind === kind).enabled, kind);
    for (const [name, kind] of [['Mute', 'audio'], ['Camera off', 'video']]) {
      for (const off of [true, false]) {
        await button(ann, name).click();
        await ann.locator(`button[aria-pressed=${off}]`, { hasText: name }).waitFor();
        assert.equal(await enabled(kind), !off);
      }
    }

    // A canvas stands in for the screen, which a headless browser lacks.
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
    // Stands for the browser's own button.
    await ann.evaluate(() => window.captured.at(-1).dispatchEvent(new Event('ended')));
    await isScreen(false);
    await button(ann, 'Hang up').click();
    await Promise.all([isOver(ann), isOver(ben)]);
  });

  it('needs a microphone, and says so', async (t) => {
    const { url } = await openSite();
    await join(t, browser, url, 'ben');
    const refuse = (page) => page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = async () => {
        throw new DOMException('refused', 'NotAllowedError');
      };
    });
    const ann = await join(t, browser, url, 'ann', { prepare: refuse });
    await button(ann, 'Call ben').click();
    await ann.getByText('Your browser blocked the camera and microphone.').waitFor();
    assert.equal(await ann.locator('.call').count(), 0);
  });
});

describe('an incoming call while the user is writing', () => {
  const field = (page) => page.getByRole('textbox', { name: 'Message' });
  const focusedIs = (page, name) => eventually(page, (name) => document.activeElement?.textContent === name, name);

  it('swallows no character, and ignores Space, Enter and Escape', async (t) => {
    const { ann, ben } = await two(t);
    await field(ben).focus();
    const text = 'I am in the middle of a sentence, which goes on and on until the call has come in and beyond that.';
    const typing = ben.keyboard.type(text.slice(0, 60), { delay: 20 });
    await button(ann, 'Call ben').click();
    await button(ben, 'Accept').waitFor();
    await typing;
    await ben.keyboard.type(text.slice(60));
    assert.equal(await field(ben).inputValue(), text);
    await ben.keyboard.press('Escape');
    await ben.keyboard.press('Enter');
    await ben.locator('.message.sent', { hasText: 'a sentence' }).waitFor();
    await ben.keyboard.press('Space');
    assert.equal(await field(ben).inputValue(), ' ');
    assert.equal(await button(ben, 'Accept').count(), 1);
    assert.equal(await button(ann, 'Cancel').count(), 1);
  });

  it('is announced, and can be reached, answered and left with the keyboard alone', async (t) => {
    const { ann, ben } = await two(t);
    await field(ben).focus();
    await button(ann, 'Call ben').click();
    await ben.getByRole('alert').filter({ hasText: 'ann is calling. Press F6 to answer or decline.' }).waitFor({ state: 'attached' });
    await ben.keyboard.press('F6');
    await focusedIs(ben, 'Accept');
    await ben.keyboard.press('Shift+Tab');
    await focusedIs(ben, 'Decline');
    await ben.keyboard.press('F6');
    await ben.keyboard.type('one moment');
    assert.equal(await field(ben).inputValue(), 'one moment');
    await ben.keyboard.press('F6');
    await ben.keyboard.press('Enter');
    await Promise.all([moves(ann), moves(ben)]);
    // The button is gone, and the focus is on an element without an action.
    await eventually(ben, () => document.activeElement?.ariaLabel === 'Call with ann');
    await ben.keyboard.press('Space');
    await ben.keyboard.press('F6');
    await ben.keyboard.type('!');
    assert.equal(await field(ben).inputValue(), 'one moment!');
    await ben.keyboard.press('F6');
    await focusedIs(ben, 'Mute');
    await button(ann, 'Hang up').click();
    await isOver(ben);
    await eventually(ben, () => document.activeElement?.id === 'composer');
  });

  for (const [device, options] of Object.entries(devices)) {
    it(`leaves room to read and write, ringing, shown and minimised, on a ${device}`, async (t) => {
      const { url } = await openSite();
      const ann = await join(t, browser, url, 'ann', { prepare: watchTracks });
      const ben = await join(t, browser, url, 'ben', { prepare: watchTracks, ...options });
      await button(ann, 'Call ben').click();
      await button(ben, 'Accept').waitFor();
      const assertUsable = async (text) => {
        await say(ben, text);
        await message(ann, text).waitFor();
        const { call, list, end } = await ben.evaluate(() => {
          const log = document.querySelector('[role=log]');
          return {
            call: document.querySelector('.call').getBoundingClientRect().bottom,
            list: log.getBoundingClientRect().top,
            end: log.scrollHeight - log.clientHeight - log.scrollTop,
          };
        });
        assert.ok(call <= list + 1, `the call ends at ${call} px and covers messages from ${list} px on`);
        assert.ok(end <= 1, `${end} px below`);
      };
      await assertUsable('while it rings');
      await button(ben, 'Accept').click();
      await Promise.all([moves(ann), moves(ben)]);
      await assertUsable('while we talk');
      await button(ben, 'Minimise').click();
      await button(ben, 'Show call').waitFor();
      await assertUsable('while it is small');
      await moves(ben);
      await button(ben, 'Show call').click();
      await button(ben, 'Minimise').waitFor();
      await button(ben, 'Hang up').click();
      await Promise.all([isOver(ann), isOver(ben)]);
    });
  }
});

describe('the ringing of a call', () => {
  /** Counts sounds, and records the notifications that are shown. */
  const listen = async (page) => {
    await watchTracks(page);
    await page.addInitScript(() => {
      window.sounding = 0;
      const { start, stop } = AudioBufferSourceNode.prototype;
      AudioBufferSourceNode.prototype.start = function (...args) {
        window.sounding += 1;
        return start.apply(this, args);
      };
      AudioBufferSourceNode.prototype.stop = function (...args) {
        window.sounding -= 1;
        return stop.apply(this, args);
      };
      window.notifications = [];
      window.Notification = class {
        static permission = 'default';
        static requestPermission = async () => (this.permission = navigator.userActivation.isActive ? 'granted' : 'denied');
        constructor(title) {
          this.title = title;
          window.notifications.push(this);
        }
        close() {
          window.notifications = window.notifications.filter((other) => other !== this);
        }
      };
    });
  };
  const soundingIn = async (pages) => (await Promise.all(pages.map((page) => page.evaluate(() => window.sounding)))).join();
  const setAttended = (page, attended) => page.evaluate((attended) => {
    document.hasFocus = () => attended;
    dispatchEvent(new Event(attended ? 'focus' : 'blur'));
  }, attended);

  it('sounds in one of several tabs and shows in the title of all, until one answers', async (t) => {
    const { url } = await openSite();
    const ann = await join(t, browser, url, 'ann', { prepare: watchTracks });
    const ben = await join(t, browser, url, 'ben', { prepare: listen });
    const other = await ben.context().newPage();
    await listen(other);
    await other.goto(url);
    await joined(other);
    await other.getByRole('textbox', { name: 'Message' }).click();
    await button(ann, 'Call ben').click();
    for (const tab of [ben, other]) await eventually(tab, () => document.title === '📞 ann is calling · Natter');
    await Promise.any([ben, other].map((tab) => eventually(tab, () => window.sounding === 1)));
    assert.match(await soundingIn([ben, other]), /^(1,0|0,1)$/);
    await button(other, 'Accept').click();
    for (const tab of [ben, other]) await eventually(tab, () => document.title === 'Natter' && window.sounding === 0);
  });

  it('can be switched off for good, and notifies a user who looks elsewhere', async (t) => {
    const { url } = await openSite();
    const ann = await join(t, browser, url, 'ann', { prepare: watchTracks });
    const ben = await join(t, browser, url, 'ben', { prepare: listen });
    const account = () => ben.getByRole('button', { name: 'Account of ben' }).click();
    const toggle = (name) => ben.getByRole('switch', { name });
    await account();
    await toggle('Ring for calls').click();
    await toggle('Notify me of calls').click();
    await ben.locator('[role=switch][aria-checked=true]', { hasText: 'Notify' }).waitFor();
    await account();
    await setAttended(ben, false);
    await button(ann, 'Call ben').click();
    await eventually(ben, () => window.notifications.length === 1);
    assert.equal(await ben.evaluate(() => window.notifications[0].title), 'ann is calling');
    assert.equal(await soundingIn([ben]), '0');
    await button(ann, 'Cancel').click();
    await eventually(ben, () => window.notifications.length === 0);
    await ben.reload();
    await joined(ben);
    await account();
    assert.equal(await toggle('Ring for calls').getAttribute('aria-checked'), 'false');
  });
});
