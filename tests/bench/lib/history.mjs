// Creates a room with a long history by writing into its database: sending a million messages would take a day.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Calls `use` with a folder that holds a room with `count` messages, and with a server on it. */
export async function withHistory(natter, count, use) {
  const persistTo = mkdtempSync(join(tmpdir(), 'natter-bench-'));
  try {
    // The first start creates the tables.
    const first = await natter.start({ persistTo });
    try {
      await fetch(`http://${first.address}/socket.io/?EIO=4&transport=polling`, { headers: { connection: 'close' } });
    } finally {
      await first.stop();
    }
    fill(persistTo, count);
    const server = await natter.start({ persistTo });
    try {
      return await use(server);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(persistTo, { recursive: true, force: true, maxRetries: 5 });
  }
}

function fill(persistTo, count) {
  const folder = join(persistTo, 'do', 'natter-Room');
  const [file] = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  const database = new DatabaseSync(join(folder, file));
  const begin = Date.now() - count;
  const insert = database.prepare('INSERT INTO messages (id, username, text) VALUES (?, ?, ?)');
  database.exec('BEGIN');
  for (let index = 0; index < count; index += 1) insert.run(uuid(begin + index), 'bench', `message ${index} of the history`);
  database.exec('COMMIT');
  database.close();
}

/** Returns the UUIDv7 of this millisecond whose other bits are zero. */
function uuid(millis) {
  const id = Buffer.alloc(16);
  id.writeUIntBE(millis, 0, 6);
  id[6] = 0x70;
  id[8] = 0x80;
  return id;
}
