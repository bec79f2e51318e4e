// Reads the database of a stopped server or an evicted room.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Opens the room's database; `persistTo` as for `startNatter`. */
export function openRoomDatabase(persistTo) {
  const folder = join(persistTo, 'do', 'natter-Room');
  const files = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  assert.equal(files.length, 1, `one room in ${folder}`);
  return new DatabaseSync(join(folder, files[0]));
}

/** Reads the messages in the room's database, in order. */
export function messagesOnDisk(persistTo) {
  const database = openRoomDatabase(persistTo);
  const rows = database.prepare('SELECT hex(id) AS id, username, text FROM messages ORDER BY id').all();
  database.close();
  return rows.map((row) => {
    const id = row.id.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    return { id, username: row.username, text: row.text };
  });
}
