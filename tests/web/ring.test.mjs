// The ringing of a call: in one tab, if enabled and permitted, and no longer than the call rings.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { signal } from '@preact/signals';
import { Ring } from '../../web/src/calls/ring.ts';
import { titleOf } from '../../web/src/chat/title.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A fake browser with several tabs. */
class Browser {
  stored = new Map();
  #turn = Promise.resolve();

  /** Behaves as `navigator.locks.request`. */
  oneTab = (work, signal) => {
    const turn = this.#turn.then(() => (signal.aborted ? Promise.reject(signal.reason) : work()));
    this.#turn = turn.catch(() => undefined);
    return turn;
  };

  tab({ gesture = true, permission = 'granted', Notification } = {}) {
    const tab = { sounding: false, starts: 0, shown: [], focused: 0, attended: signal(true), caller: signal(null) };
    const allowed = new Promise((resolve) => (tab.gesture = resolve));
    if (gesture) tab.gesture();
    tab.Notification = Notification ?? class {
      static permission = permission;
      static asked = 0;
      static async requestPermission() {
        this.asked += 1;
        return this.permission;
      }
      constructor(title, options) {
        Object.assign(this, { title, options });
        tab.shown.push(this);
      }
      close() {
        tab.shown = tab.shown.filter((other) => other !== this);
      }
    };
    tab.ring = new Ring({
      tone: {
        allowed: () => allowed,
        start: () => Object.assign(tab, { sounding: true, starts: tab.starts + 1 }),
        stop: () => (tab.sounding = false),
      },
      storage: { getItem: (key) => this.stored.get(key) ?? null, setItem: (key, value) => this.stored.set(key, value) },
      oneTab: this.oneTab,
      notifications: permission === null ? undefined : tab.Notification,
      attended: tab.attended,
      focusPage: () => (tab.focused += 1),
    });
    tab.end = tab.ring.watch(tab.caller);
    return tab;
  }
}

let browser;
beforeEach(() => (browser = new Browser()));

describe('the sound of a call', () => {
  it('lasts as long as the call rings, and returns with the next', async () => {
    const tab = browser.tab();
    for (const starts of [1, 2]) {
      tab.caller.value = 'ben';
      await settled();
      assert.deepEqual([tab.sounding, tab.starts], [true, starts]);
      tab.caller.value = null;
      await settled();
      assert.equal(tab.sounding, false);
    }
  });

  it('waits for the first gesture, and stays silent without one', async () => {
    const tab = browser.tab({ gesture: false });
    tab.caller.value = 'ben';
    await settled();
    assert.equal(tab.starts, 0);
    tab.gesture();
    await settled();
    assert.equal(tab.sounding, true);

    const late = browser.tab({ gesture: false });
    late.caller.value = 'ben';
    late.caller.value = null;
    late.gesture();
    await settled();
    assert.equal(late.starts, 0);
  });

  it('comes from one of several tabs, which all stop together', async () => {
    const tabs = [browser.tab({ gesture: false }), browser.tab(), browser.tab()];
    for (const tab of tabs) tab.caller.value = 'ben';
    await settled();
    // The first tab is not permitted to play sound.
    assert.deepEqual(tabs.map(({ sounding }) => sounding), [false, true, false]);
    for (const tab of tabs) tab.caller.value = null;
    await settled();
    assert.deepEqual(tabs.map(({ sounding, starts }) => [sounding, starts]), [[false, 0], [false, 1], [false, 0]]);
  });

  it('moves to another tab when its own is closed', async () => {
    const [first, second] = [browser.tab(), browser.tab()];
    for (const tab of [first, second]) tab.caller.value = 'ben';
    await settled();
    first.end();
    await settled();
    assert.deepEqual([first.sounding, second.sounding], [false, true]);
  });

  it('can be switched off at once and permanently in every tab', async () => {
    const [first, second] = [browser.tab(), browser.tab()];
    first.caller.value = 'ben';
    await settled();
    first.ring.setSounds(false);
    await settled();
    assert.equal(first.sounding, false);
    second.ring.adoptStored();
    second.caller.value = 'ben';
    const later = browser.tab();
    later.caller.value = 'ben';
    await settled();
    assert.deepEqual([second.starts, later.starts, later.ring.sounds.value], [0, 0, false]);
    later.ring.setSounds(true);
    await settled();
    assert.equal(later.sounding, true);
  });

  it('does not matter on a machine without sound', async () => {
    const tab = browser.tab();
    browser.oneTab = () => Promise.reject(new Error('no locks here'));
    tab.caller.value = 'ben';
    await settled();
    tab.caller.value = null;
    await settled();
  });
});

describe('the notification of a call', () => {
  const wanted = async (options) => {
    const tab = browser.tab(options);
    await tab.ring.setNotifies(true);
    return tab;
  };

  it('is shown while the page is hidden and the call rings', async () => {
    const tab = await wanted();
    tab.caller.value = 'ben';
    assert.deepEqual(tab.shown, []);
    tab.attended.value = false;
    assert.deepEqual(tab.shown.map(({ title, options }) => [title, options.tag]), [['ben is calling', 'natter.call']]);
    tab.caller.value = null;
    assert.deepEqual(tab.shown, []);
  });

  it('disappears when the page is shown, and opens the page when clicked', async () => {
    const tab = await wanted();
    tab.attended.value = false;
    tab.caller.value = 'ben';
    tab.shown[0].onclick();
    assert.deepEqual([tab.focused, tab.shown], [1, []]);
    tab.caller.value = null;
    tab.caller.value = 'eve';
    assert.equal(tab.shown.length, 1);
    tab.attended.value = true;
    assert.deepEqual(tab.shown, []);
  });

  it('asks for permission only when it is switched on, and is off by default', async () => {
    const tab = browser.tab();
    tab.attended.value = false;
    tab.caller.value = 'ben';
    assert.deepEqual([tab.Notification.asked, tab.shown, tab.ring.notifies.value], [0, [], false]);
    await tab.ring.setNotifies(true);
    assert.deepEqual([tab.Notification.asked, tab.shown.length], [1, 1]);
    await tab.ring.setNotifies(false);
    assert.deepEqual([tab.Notification.asked, tab.shown], [1, []]);
  });

  it('stays on while the browser permits it', async () => {
    await wanted();
    assert.equal(browser.tab().ring.notifies.value, true);
    assert.equal(browser.tab({ permission: 'denied' }).ring.notifies.value, false);
  });

  it('stays off if the browser forbids it, and says so', async () => {
    const tab = await wanted({ permission: 'denied' });
    assert.deepEqual([tab.ring.notifies.value, tab.ring.isBlocked.value], [false, true]);
    await tab.ring.setNotifies(false);
    assert.equal(tab.ring.isBlocked.value, false);
  });

  it('does no harm if notifications are missing or need a service worker', async () => {
    const without = await wanted({ permission: null });
    assert.equal(without.ring.notifies, undefined);
    class Illegal {
      static permission = 'granted';
      static requestPermission = async () => 'granted';
      constructor() {
        throw new TypeError('Illegal constructor.');
      }
    }
    for (const tab of [without, await wanted({ Notification: Illegal })]) {
      tab.attended.value = false;
      tab.caller.value = 'ben';
      await settled();
      assert.equal(tab.sounding, true);
      tab.caller.value = null;
      await settled();
    }
  });
});

describe('the title of the page', () => {
  it('shows the caller, or else the number of unread messages', () => {
    assert.equal(titleOf(0, null), 'Natter');
    assert.equal(titleOf(3, null), '(3) Natter');
    assert.equal(titleOf(3, 'ben'), '📞 ben is calling · Natter');
    assert.equal(titleOf(0, 'x'.repeat(64)), `📞 ${'x'.repeat(24)}… is calling · Natter`);
  });
});
