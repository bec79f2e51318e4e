// Invalid events. The server refuses each with a sentence, other clients do not notice, and the sender stays connected.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';
import { inTime } from './support/patience.mjs';

const offer = { type: 'offer', sdp: 'v=0\r\n' };
const nobody = ['nobody', '__proto__', 'constructor', 'toString', '', 'x', 'x'.repeat(33), 'x'.repeat(100_000), 'two words', '../ann', '\u0000'];
const noPayload = [[], [null], [undefined], [42], ['text'], [true], [[]], [['hello', null]]];

/** Half a surrogate pair, as a cut text can end in. */
const halfPair = '\ud83d';
const nested = (depth) => Array.from({ length: depth }).reduce((inner) => [inner], 'deep');

/** Refused events by their code: the name of each event and its arguments. */
const refused = {
  invalid_payload: [
    ...noPayload.map((payload) => ['send_message', ...payload]),
    ...['call_user', 'call_answer', 'ice_candidate', 'end_call'].flatMap((name) => noPayload.map((payload) => [name, ...payload])),
    ['call_user', ['ben', offer]],
    ['end_call', ['ben']],
    ['send_message', { text: 'fine', [halfPair]: Buffer.from('bytes') }],
    [halfPair, { text: 'x' }],
    [`send_message${halfPair}`, { text: 'x', thumb: Buffer.from('bytes') }],
    ['send_message', { text: 'x', deep: nested(70) }],
    ['call_user', { to: 'ben', offer: { deep: nested(2_000), thumbs: [Buffer.from('one'), Buffer.from('two')] } }],
    ['nonsense', nested(70)],
    ...[42, 'text', [], ['id']].map((payload) => ['load_history', payload]),
    ...[null, 'token'].map((payload) => ['refresh_token', payload]),
  ],
  invalid_text: [
    ...[undefined, null, 42, true, {}, ['text'], Buffer.from('text'), halfPair].map((text) => ['send_message', { text }]),
    ['send_message', { text: `cut ${halfPair}`, thumb: Buffer.from('bytes') }],
  ],
  invalid_to: [
    ...['call_user', 'call_answer', 'ice_candidate', 'end_call'].flatMap((name) =>
      [undefined, null, 42, {}, ['ben']].map((to) => [name, { to, offer, answer: offer, candidate: offer }])),
    ['call_user', { to: `ben${halfPair}`, offer: { thumbs: [Buffer.from('one'), Buffer.from('two')] } }],
  ],
  invalid_offer: [['call_user', { to: 'ben' }], ['call_user', { to: 'ben', answer: offer }]],
  invalid_answer: [['call_answer', { to: 'ben', offer }]],
  invalid_candidate: [['ice_candidate', { to: 'ben', offer }], ['ice_candidate', { to: 'ben', candidate: undefined }]],
  offer_too_large: [['call_user', { to: 'ben', offer: 'x'.repeat(256 * 1024 - 1) }]],
  answer_too_large: [
    ['call_answer', { to: 'ben', answer: 'x'.repeat(256 * 1024 - 1) }],
    ['call_answer', { to: 'ben', answer: Buffer.alloc(256 * 1024) }],
  ],
  candidate_too_large: [['ice_candidate', { to: 'ben', candidate: { candidate: 'x'.repeat(8 * 1024) } }]],
  invalid_before: [42, {}, 'yesterday'].map((before) => ['load_history', { before }]),
  invalid_limit: [0, 101, -1, 1.5, '50', {}].map((limit) => ['load_history', { limit }]),
  token_missing: [{}, { token: null }, { token: '' }].map((payload) => ['refresh_token', payload]),
  token_invalid: [{ token: 42 }, { token: 'garbage' }].map((payload) => ['refresh_token', payload]),
  empty_message: [
    '', ' ', '\n\t \n', '\r\n', '\u2003\u3000', '\u200b', '\ufe0f', '\u3164', '\u2800', '\u{e0067}\u{e007f}', '\u00ad\u2060',
  ].map((text) => ['send_message', { text }]),
  message_too_long: ['x'.repeat(4001), '😀'.repeat(4001), 'x'.repeat(500_000)].map((text) => ['send_message', { text }]),
  control_characters: ['\u0000', '\u0007', '\u001b[31mred', 'a\u007fb', 'a\u0085b', '\r', '\r\r\n', '\u001e'].map((text) => ['send_message', { text: `x${text}x` }]),
  invalid_client_id: ['', 'x'.repeat(65), 42, {}, ['id'], '\ud800'].map((clientId) => ['send_message', { text: 'with a clientId', clientId }]),
  cannot_call_yourself: ['call_user', 'call_answer', 'ice_candidate', 'end_call'].flatMap((name) =>
    ['ann', 'ANN', 'ａｎｎ'].map((to) => [name, { to, offer, answer: offer, candidate: offer }])),
  user_offline: ['call_user', 'call_answer', 'ice_candidate', 'end_call'].flatMap((name) =>
    nobody.map((to) => [name, { to, offer, answer: offer, candidate: offer }])),
  unknown_event: [
    ['nonsense'], ['nonsense', 1, 2, 3], [''], ['SEND_MESSAGE', { text: 'loud' }], ['__proto__', {}], ['toString'], ['x'.repeat(10_000)],
    ['message_history', []], ['new_message', { username: 'ben', text: 'forged' }], ['online_users', []], ['incoming_call', { from: 'ben', offer }],
    ['exception', {}], ['ping'], ['error'], ['message', 'text'],
  ],
};

const sentence = /^[A-Za-z].* .*\.$/s;
const shown = (event) => JSON.stringify(event).slice(0, 100);

describe('a refused event', () => {
  let room, ann, ben;
  before(async () => {
    room = await openChatroom();
    [ann, ben] = await room.joinAll(['ann', 'ben']);
    await Promise.all([ann.upgraded(), ben.upgraded()]);
    await ann.until(() => ann.all('online_users').at(-1).length === 2, 'both online');
    await ben.until(() => ben.all('online_users').at(-1).length === 2, 'both online');
  });

  for (const [code, events] of Object.entries(refused)) {
    it(`is acknowledged with ${code} if the client asks for an acknowledgement`, async () => {
      const exceptions = ann.all('exception').length;
      const wrong = [];
      for (const event of events) {
        const answer = await ann.ask(...event);
        const right = answer.ok === false && answer.code === code && sentence.test(answer.error);
        if (!right) wrong.push({ event: shown(event), answer });
      }
      assert.deepEqual(wrong, []);
      assert.equal(ann.all('exception').length, exceptions, 'an acknowledgement is enough');
    });

    it(`is answered with an exception that carries ${code} otherwise`, async () => {
      const wrong = [];
      for (const event of events) {
        const before = ann.all('exception').length;
        ann.socket.emit(...event);
        await ann.ask('end_call', { to: 'nobody' });
        const exceptions = ann.all('exception').slice(before);
        const [exception] = exceptions;
        const right = exceptions.length === 1 && exception.event === event[0].toWellFormed() && exception.code === code && sentence.test(exception.error);
        if (!right) wrong.push({ event: shown(event), exceptions });
      }
      assert.deepEqual(wrong, []);
    });
  }

  it('never reaches another client', async () => {
    const before = { ann: ann.socket.id, ben: ben.socket.id };
    await room.fence(ann, [ben]);
    assert.deepEqual([...new Set(ben.events.map((event) => event.name))], ['connect', 'message_history', 'online_users', 'new_message']);
    assert.equal(ben.all('new_message').length, 1, 'the fence only');
    assert.deepEqual([ann.all('disconnect'), ben.all('disconnect')], [[], []]);
    assert.deepEqual({ ann: ann.socket.id, ben: ben.socket.id }, before);
  });

  it('leaves no trace in the history', async () => {
    const late = await room.join('late');
    assert.equal(late.all('message_history')[0].length, 1, 'the fence only');
  });
});

describe('a client that resends unacknowledged events', () => {
  it('moves on after an event that is refused', async () => {
    const room = await openChatroom();
    const ann = await room.join('ann', { retries: 3, ackTimeout: 10_000 });
    const ask = (payload) => inTime(
      new Promise((resolve) => ann.socket.emit('send_message', payload, (_, answer) => resolve(answer))),
      () => 'send_message is not acknowledged',
    );
    assert.equal((await ask({ text: `cut ${halfPair}`, thumb: Buffer.from('bytes') })).code, 'invalid_text');
    assert.equal((await ask({ text: 'and on' })).ok, true);
    assert.deepEqual(ann.all('disconnect'), []);
  });
});

describe('a text', () => {
  let room, ann;
  before(async () => {
    room = await openChatroom();
    ann = await room.join('ann');
  });

  const texts = [
    'x', 'x'.repeat(4000), '😀'.repeat(4000), `  ${'x'.repeat(4000)}  `, 'two\nlines\tand a tab', 'two\r\nlines', '  spaces around  ',
    '<script>alert("&amp;")</script>', "'; DROP TABLE messages; --", '{"text":"nested"}', '\\u0000 is no control character',
    '👩‍👩‍👧‍👦 e\u0301 \u202e', 'a\u2028b\u2029c', '\ufeff\ufffe\uffff', '__proto__',
  ];
  for (const text of texts) {
    it(`is delivered and stored as written: ${JSON.stringify(text).slice(0, 40)}`, async () => {
      const { ok, message } = await ann.ask('send_message', { text });
      assert.ok(ok);
      assert.equal(message.text, text);
      assert.deepEqual(await ann.next('new_message', ({ id }) => id === message.id), message);
      const late = await room.join('late');
      assert.deepEqual(late.all('message_history')[0].at(-1), message);
      await late.leave();
    });
  }

  it('is neither stored nor delivered twice when it is sent again with the same clientId', async () => {
    const first = await ann.ask('send_message', { text: 'once', clientId: 'a-1' });
    const again = await ann.ask('send_message', { text: 'twice', clientId: 'a-1' });
    assert.deepEqual(again, first);
    const ben = await room.join('ben');
    const other = await ben.ask('send_message', { text: 'not the same user', clientId: 'a-1' });
    assert.notEqual(other.message.id, first.message.id);
    await room.fence(ann);
    assert.equal(ann.all('new_message').filter(({ id }) => id === first.message.id).length, 1);
  });
});
