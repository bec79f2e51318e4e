// Protocol violations. The server refuses or disconnects the sender, and other clients do not notice.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';
import { RawPolling, RawWebSocket, socketRequest } from './support/raw.mjs';

const maxPayload = 4096;
const deep = (depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** Messages that end a session over either transport, by their fault. */
const malformed = {
  'an empty packet': '',
  'an unknown Engine.IO type': '9',
  'a letter': 'x',
  'an open packet': '0{}',
  'a ping, which is the server’s': '2',
  'an upgrade without a probe': '5',
  'a noop with content': '6x',
  'a close with content': '1x',
  'a message without content': '4',
  'an unknown Socket.IO type': '47',
  'a letter for a Socket.IO type': '4x',
  'an event without arguments': '42',
  'an event that is not an array': '42{}',
  'an event without a name': '42[]',
  'an event whose name is null': '42[null]',
  'an event whose name is an object': '42[{}]',
  'truncated JSON': '42["send_message",{"text":"x"',
  'JSON with trailing characters': '42["send_message",{"text":"x"}]x',
  'two values': '42["a"]["b"]',
  'a bare word': '42[nonsense]',
  'a sign before an ack id': '42-1["x"]',
  'an ack id that is too large': '429999999999999999999["x"]',
  'a reserved event': '42["connect"]',
  'a disconnecting event': '42["disconnecting"]',
  'an acknowledgement without an id': '43[]',
  'an acknowledgement that is not an array': '431{}',
  'a connect error, which is the server’s': '44{"message":"no"}',
  'a second connect': '40{}',
  'a connect with an array': '40["token"]',
  'a disconnect with content': '41{}',
  'an event in a namespace it has not joined': '42/admin,["x"]',
  'a reserved event that is nested too deep': `42["connect",${deep(1000)}]`,
  'a connect that is nested too deep': `40{"token":${deep(1000)}}`,
  'too many attachments': `4511-["x",${Array.from({ length: 11 }, (_, num) => `{"_placeholder":true,"num":${num}}`)}]`,
  'no number of attachments': '45["x"]',
  'a million attachments': '451000000-["x"]',
  'text in place of an attachment': ['451-["x",{"_placeholder":true,"num":0}]', '42["x"]'],
};

describe('breaking the protocol', () => {
  let room, witness;
  before(async () => {
    room = await openChatroom({ vars: { MAX_PAYLOAD_BYTES: String(maxPayload) } });
    await room.token('offender');
    witness = await room.join('witness', { transports: ['websocket'], reconnection: false });
  });

  async function join(transport) {
    const session = await transport.open(room.url);
    await session.join(await room.token('offender'));
    return session;
  }

  describe('over WebSocket', () => {
    for (const [what, packets] of Object.entries(malformed)) {
      it(`with ${what} ends the session`, async () => {
        const session = await join(RawWebSocket);
        for (const packet of [packets].flat()) session.send(packet);
        assert.deepEqual(await session.end(), { code: 1000 });
      });
    }

    it('with an unannounced attachment ends the session', async () => {
      const session = await join(RawWebSocket);
      session.send(new Uint8Array([1, 2, 3]));
      assert.deepEqual(await session.end(), { code: 1000 });
    });

    it('with an attachment without a placeholder ends the session', async () => {
      for (const place of ['{"_placeholder":true,"num":1}', '{"_placeholder":true,"num":-1}', '{"_placeholder":true}', '{"_placeholder":true,"num":"0"}']) {
        const session = await join(RawWebSocket);
        session.send(`451-["call_user",{"to":"witness","offer":${place}}]`);
        session.send(new Uint8Array([1]));
        assert.deepEqual(await session.end(), { code: 1000 });
      }
    });

    it('with a frame that is too long ends the session as too big', async () => {
      for (const frame of ['4'.padEnd(maxPayload + 1, 'x'), new Uint8Array(maxPayload + 1), '4'.padEnd(2_000_000, 'x')]) {
        const session = await join(RawWebSocket);
        session.send(frame);
        assert.deepEqual(await session.end(), { code: 1009 });
      }
    });

    it('does not include a frame of the maximum length', async () => {
      const session = await join(RawWebSocket);
      const [head, tail] = ['421["send_message",{"text":"', '"}]'];
      session.send(`${head}${'x'.repeat(maxPayload - head.length - tail.length)}${tail}`);
      assert.match(await session.next((packet) => packet.startsWith('431')), /message_too_long/);
      await session.close();
    });

    it('does not include an event that is refused', async () => {
      const session = await join(RawWebSocket);
      const refused = async (event, attachments = 0, code = 'invalid_payload') => {
        session.send(event);
        for (let count = 0; count < attachments; count++) session.send(new Uint8Array([count]));
        const answer = await session.next((packet) => packet.startsWith('437') || packet.startsWith('42["exception"'));
        assert.ok(answer.includes(`"code":"${code}"`), answer);
        return answer;
      };
      const two = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
      for (const name of ['"\\ud83d"', '"send_\\udf89message"']) {
        assert.match(await refused(`42[${name},{"text":"x"}]`), /^42\["exception",\{"event":".*\ufffd/);
        assert.match(await refused(`427[${name},{"text":"x"}]`), /^437\[\{"ok":false/);
        assert.match(await refused(`452-7[${name},${two}]`, 2), /^437\[\{"ok":false/);
      }
      for (const depth of [64, 1000]) {
        assert.match(await refused(`42["send_message",${deep(depth)}]`), /"event":"send_message"/);
        assert.match(await refused(`452-7["send_message",${deep(depth)},${two}]`, 2), /^437\[\{"ok":false/);
      }
      // Half a surrogate pair among the arguments, next to bytes.
      assert.match(await refused(`452-7["send_message",{"text":"cut \\ud83d","thumbs":[${two}]}]`, 2, 'invalid_text'), /^437\[\{"ok":false/);
      session.send('421["nonsense"]');
      assert.match(await session.next((packet) => packet.startsWith('431')), /unknown_event/);
      await session.close();
    });

    it('does not include joining a namespace that does not exist', async () => {
      const session = await join(RawWebSocket);
      session.send('40/admin,{}');
      assert.equal(await session.next((packet) => packet.startsWith('44')), '44/admin,{"message":"Invalid namespace"}');
      session.send('40__proto__,{}');
      await session.end();
    });

    it('before joining ends the session too', async () => {
      for (const packet of Object.values(malformed).flat()) {
        // tokens.test.mjs tests what is allowed before joining.
        if (packet === '40{}') continue;
        const session = await RawWebSocket.open(room.url);
        session.send(packet);
        const waitsForBytes = /^451-/.test(packet);
        await (waitsForBytes ? session.close() : session.end());
      }
    });
  });

  describe('over polling', () => {
    for (const [what, packets] of Object.entries(malformed)) {
      it(`with ${what} ends the session`, async () => {
        const session = await join(RawPolling);
        const answer = await session.post([packets].flat().join('\x1e'));
        // Engine.IO refuses what it cannot parse; Socket.IO closes the session for the rest.
        assert.ok([200, 400].includes(answer.status), JSON.stringify(answer));
        await session.end();
        assert.equal((await session.get()).status, 400, 'the session is gone');
      });
    }

    const bodies = {
      'base64 that is none': 'b*',
      'an unannounced attachment': 'bAQID',
      'nothing between two packets': '3\x1e\x1e3',
      'text that is no UTF-8': new Uint8Array([0x34, 0xff, 0xfe]),
    };
    for (const [what, body] of Object.entries(bodies)) {
      it(`with ${what} ends the session`, async () => {
        const session = await join(RawPolling);
        await session.post(body);
        await session.end();
      });
    }

    it('with a binary body ends the session', async () => {
      const session = await join(RawPolling);
      const { status } = await session.post(new Uint8Array([4, 0x32]), { 'content-type': 'application/octet-stream' });
      assert.equal(status, 400);
      await session.end();
    });

    it('with a body that is too long is refused, and the session continues', async () => {
      const session = await join(RawPolling);
      const { status, body } = await session.post('4'.padEnd(maxPayload + 1, 'x'));
      assert.deepEqual([status, body], [413, '']);
      await session.send('421["nonsense"]');
      assert.match(await session.next((packet) => packet.startsWith('431')), /unknown_event/);
      await session.close();
    });

    it('with a second poll ends the session', async () => {
      const session = await join(RawPolling);
      let second;
      // A poll first returns the packets that are already queued.
      do second = await session.get();
      while (second.status === 200 && !second.body.split('\x1e').includes('1'));
      await session.end();
    });
  });

  const requests = {
    'no parameters at all': [{}, 0],
    'no transport': [{ EIO: '4' }, 0],
    'an unknown transport': [{ EIO: '4', transport: 'carrier-pigeon' }, 0],
    'a transport of JavaScript': [{ EIO: '4', transport: '__proto__' }, 0],
    'no revision': [{ transport: 'polling' }, 5],
    'revision 3': [{ EIO: '3', transport: 'polling' }, 5],
    'a revision that is none': [{ EIO: '4.0', transport: 'polling' }, 5],
    'a session that never was': [{ EIO: '4', transport: 'polling', sid: 'AAAAAAAAAAAAAAAAAAAA' }, 1],
    'a session named __proto__': [{ EIO: '4', transport: 'polling', sid: '__proto__' }, 1],
    'a session with a long name': [{ EIO: '4', transport: 'polling', sid: 'x'.repeat(8000) }, 1],
    'WebSocket without upgrade': [{ EIO: '4', transport: 'websocket' }, 3],
  };
  for (const [what, [query, code]] of Object.entries(requests)) {
    it(`with a request for ${what} is refused`, async () => {
      const response = await socketRequest(room.url, query);
      assert.equal(response.status, 400);
      assert.equal((await response.json()).code, code);
    });
  }

  it('with a poll in a WebSocket session is refused, and the session continues', async () => {
    const session = await join(RawWebSocket);
    for (const method of ['GET', 'POST']) {
      const response = await socketRequest(room.url, { EIO: '4', transport: 'polling', sid: session.handshake.sid }, { method });
      assert.deepEqual([response.status, (await response.json()).code], [400, 3]);
    }
    session.send('421["nonsense"]');
    await session.next((packet) => packet.startsWith('431'));
    await session.close();
  });

  it('during an upgrade loses the upgrade, not the session', async () => {
    for (const packet of ['x', '3probe', '2', '42["x"]', new Uint8Array([1])]) {
      const session = await join(RawPolling);
      const upgrade = new WebSocket(`${room.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket&sid=${session.handshake.sid}`);
      await new Promise((resolve) => (upgrade.onopen = resolve));
      const closed = new Promise((resolve) => (upgrade.onclose = resolve));
      upgrade.send(packet);
      await closed;
      await session.send('421["nonsense"]');
      await session.next((packet) => packet.startsWith('431'));
      await session.close();
    }
  });

  it('goes unnoticed by everyone else', async () => {
    await room.fence(witness);
    assert.deepEqual([...new Set(witness.events.map((event) => event.name))].sort(), ['connect', 'message_history', 'new_message', 'online_users']);
    assert.equal(witness.all('connect').length, 1);
    assert.deepEqual(witness.all('disconnect'), []);
    assert.equal(witness.all('new_message').length, 1, 'the fence only');
    for (const users of witness.all('online_users')) {
      assert.ok(['witness', 'offender,witness'].includes(users.join()), users.join());
    }
  });
});
