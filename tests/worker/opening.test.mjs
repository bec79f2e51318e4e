// A room whose database cannot be opened fails every request, and recovers as soon as it can.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openChatroom, password } from './support/chatroom.mjs';
import { openRoomDatabase } from './support/on-disk.mjs';
import { post, request } from './support/rest.mjs';
import { scratchFolder } from './support/scratch.mjs';

// An approaching heartbeat would keep the room in memory.
const vars = { PING_INTERVAL_MS: '300000', PING_TIMEOUT_MS: '300000' };

it('a room that could not be opened recovers once the cause is gone, and its clients come back', async () => {
  const persistTo = scratchFolder();
  const room = await openChatroom({ vars, persistTo, expectLog: true });
  const [ann, ben] = [
    await room.join('ann', { transports: ['websocket'] }),
    await room.join('ben', { transports: ['websocket'] }),
  ];
  await ann.until(() => ann.all('online_users').at(-1).length === 2, 'both online');
  const said = await room.fence(ann, [ann, ben]);

  await room.natter.evict();
  const version = setSchemaVersion(persistTo, 1000);
  ann.socket.volatile.emit('load_history', {});
  // No client is left with a dead connection.
  await Promise.all([ann.next('disconnect'), ben.next('disconnect')]);
  for (let time = 0; time < 3; time++) {
    const login = await post(room.url, '/api/auth/login', { username: 'ann', password });
    assert.deepEqual([login.status, login.body.code], [500, 'internal_error']);
    const handshake = await request(room.url, '/socket.io/?EIO=4&transport=polling');
    assert.deepEqual([handshake.status, handshake.body.code], [500, 'internal_error']);
    assert.ok(!JSON.stringify([login.body, handshake.body]).includes('1000'), 'the cause is for the log');
  }
  assert.equal((await request(room.url, '/health')).status, 200);
  assert.match(room.log.join('\n'), /the room cannot be opened: storage: the database is at version 1000/);

  setSchemaVersion(persistTo, version);
  const login = await post(room.url, '/api/auth/login', { username: 'ann', password });
  assert.equal(login.status, 200);
  for (const client of [ann, ben]) {
    await client.next('connect');
    assert.ok(client.socket.recovered, 'the session goes on');
  }
  await room.fence(ann, [ann, ben]);
  assert.equal(ben.all('new_message').filter(({ id }) => id === said.id).length, 1);
});

/** Sets the schema version of the closed database, and returns the former one. */
function setSchemaVersion(persistTo, version) {
  const database = openRoomDatabase(persistTo);
  const before = database.prepare('SELECT version FROM schema_version').get().version;
  database.prepare('UPDATE schema_version SET version = ?').run(version);
  database.close();
  return before;
}
