// Drafts and unsent messages after the login of their user.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { discardUnsent, draftKey, outboxKey } from '../../web/src/chat/unsent.ts';

describe('what a user has not sent', () => {
  beforeEach(() => {
    globalThis.sessionStorage = Object.create({
      removeItem(key) {
        delete this[key];
      },
    });
    for (const username of ['ann', 'ben']) {
      Object.assign(sessionStorage, { [draftKey(username)]: 'half a thought', [outboxKey(username)]: '[]' });
    }
    Object.assign(sessionStorage, { 'natter.other': 'kept' });
  });
  afterEach(() => delete globalThis.sessionStorage);

  it('is removed for everyone but the user who is logged in', () => {
    discardUnsent('ben');
    assert.deepEqual(Object.keys(sessionStorage).sort(), ['natter.draft.ben', 'natter.other', 'natter.outbox.ben']);
  });

  it('is removed for everyone while nobody is logged in', () => {
    discardUnsent(undefined);
    assert.deepEqual(Object.keys(sessionStorage), ['natter.other']);
  });
});
