// The history: on connecting, and page by page over Socket.IO and REST.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';
import { request } from './support/rest.mjs';
import { claims, sign } from './support/tokens.mjs';

const secret = 'wT7kqZ0vR3nYb8LxJ5dGf2HcUa9PsE1m';

describe('the history', () => {
  let room, ann;
  const said = [];
  before(async () => {
    room = await openChatroom({ vars: { JWT_SECRET: secret, HISTORY_LIMIT: '5' } });
    ann = await room.join('ann');
    assert.deepEqual(ann.all('message_history'), [[]]);
    for (let number = 1; number <= 120; number += 1) said.push((await ann.ask('send_message', { text: `message ${number}` })).message);
  });

  const authorization = () => ({ authorization: `Bearer ${sign(secret, claims('ann'))}` });
  const get = (query, headers = authorization()) => request(room.url, `/api/messages?${new URLSearchParams(query)}`, { headers });

  it('sent on connecting is limited to the latest messages, oldest first', async () => {
    const late = await room.join('late');
    assert.deepEqual(late.all('message_history'), [said.slice(-5)]);
    await late.leave();
  });

  it('can be read back to the beginning, over Socket.IO and REST alike', async () => {
    let before;
    const pages = [];
    do {
      const query = before ? { before, limit: 50 } : { limit: 50 };
      const { ok, ...page } = await ann.ask('load_history', query);
      assert.equal(ok, true);
      const rest = await get(query);
      assert.equal(rest.status, 200);
      assert.deepEqual({ messages: rest.body.messages, hasMore: rest.body.hasMore }, page);
      pages.unshift(page);
      before = page.messages[0].id;
    } while (pages[0].hasMore);
    assert.deepEqual(pages.map(({ messages }) => messages.length), [20, 50, 50]);
    assert.deepEqual(pages.flatMap(({ messages }) => messages), said);
  });

  it('is refused for invalid positions and sizes', async () => {
    for (const query of [{ limit: 0 }, { limit: 101 }, { limit: 4294967295 }, { before: 'yesterday' }, { before: said[0].id.slice(1) }]) {
      const answer = await ann.ask('load_history', query);
      assert.equal(answer.ok, false, JSON.stringify(query));
      const { status, body } = await get(query);
      assert.deepEqual([status, body], [400, { error: answer.error, code: answer.code }]);
    }
    for (const limit of ['10', -1, 1.5, 1e99]) assert.equal((await ann.ask('load_history', { limit })).code, 'invalid_limit', limit);
    assert.equal((await ann.ask('load_history', { before: 42 })).code, 'invalid_before');
    assert.equal((await ann.ask('load_history', [said[0].id, 10])).code, 'invalid_payload');
    assert.equal((await get({ limit: 'ten' })).status, 400);
  });

  it('requires a token', async () => {
    const refused = [
      [{}, 'token_missing'],
      [{ authorization: 'Bearer ' }, 'token_missing'],
      [{ authorization: sign(secret, claims('ann')) }, 'token_missing'],
      [{ authorization: `Basic ${sign(secret, claims('ann'))}` }, 'token_missing'],
      [{ authorization: 'Bearer garbage' }, 'token_invalid'],
      [{ authorization: `Bearer ${sign('Zq1cV6nM4bX9kL2jH7gF5dS8aP3oI0uY', claims('ann'))}` }, 'token_invalid'],
      [{ authorization: `Bearer ${sign(secret, { ...claims('ann'), exp: 1 })}` }, 'token_expired'],
    ];
    for (const [headers, code] of refused) {
      const { status, body } = await get({}, headers);
      assert.deepEqual([status, body.code], [401, code]);
      assert.equal(body.messages, undefined);
    }
  });
});
