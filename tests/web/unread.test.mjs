// The number of messages that a user has not seen.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { signal } from '@preact/signals';
import { Unread } from '../../web/src/chat/unread.ts';

describe('the unread count', () => {
  let arrive, remove, atEnd, unread, stop;
  beforeEach(() => {
    globalThis.document = Object.assign(new EventTarget(), { hidden: false });
    atEnd = signal(true);
    const room = {
      onArrival: (heed) => {
        arrive = (id) => heed({ id });
        return () => undefined;
      },
      onDeletion: (heed) => {
        remove = heed;
        return () => undefined;
      },
    };
    unread = new Unread(room, atEnd);
    stop = unread.watch();
  });
  afterEach(() => {
    stop();
    delete globalThis.document;
  });

  const hide = (hidden) => {
    document.hidden = hidden;
    document.dispatchEvent(new Event('visibilitychange'));
  };

  it('rises while the page or the end of the list is out of sight, and is zero again when both are back', () => {
    arrive('a');
    assert.equal(unread.count.value, 0);
    atEnd.value = false;
    arrive('b');
    hide(true);
    arrive('c');
    atEnd.value = true;
    assert.equal(unread.count.value, 2);
    hide(false);
    assert.equal(unread.count.value, 0);
  });

  it('falls when an unread message is deleted, not when a read one is', () => {
    arrive('a');
    hide(true);
    arrive('b');
    arrive('c');
    remove('a');
    assert.equal(unread.count.value, 2);
    remove('b');
    assert.equal(unread.count.value, 1);
  });
});
