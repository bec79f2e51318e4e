// Folders for the data of servers.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new empty folder, which is removed when the test or suite `t` is over. */
export function scratchFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), 'natter-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
