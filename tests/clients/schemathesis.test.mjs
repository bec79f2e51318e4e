// Schemathesis sends valid and invalid requests, and checks every answer against the OpenAPI description.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../../scripts/lib/command.mjs';
import { openChatroom } from '../worker/support/chatroom.mjs';
import { pythonEnvironment } from './python-environment.mjs';

const { python, skip } = await pythonEnvironment(fileURLToPath(new URL('schemathesis.txt', import.meta.url)));

it('schemathesis finds no failure', { skip }, async (t) => {
  const room = await openChatroom();
  const token = await room.token('schemathesis');
  const folder = mkdtempSync(join(tmpdir(), 'natter-schemathesis-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { code, output } = await run(join(python, '..', 'schemathesis'), [
    'run',
    `${room.url}/openapi.json`,
    '--checks=all',
    // A schema cannot express all rules for usernames.
    '--exclude-checks=positive_data_acceptance',
    '--max-examples=25',
    '--generation-deterministic',
    '--no-color',
    `--header=Authorization: Bearer ${token}`,
  ], { cwd: folder });
  assert.equal(code, 0, output);
  t.diagnostic(output.trim().split('\n').at(-1));
});
