// Temporary folders for the data of servers.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterwards } from './cleanup.mjs';

/** Creates an empty folder, which is removed after the test or suite. */
export function scratchFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'natter-test-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
