// python-socketio's client, with each transport setting.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../../scripts/lib/command.mjs';
import { openChatroom } from '../worker/support/chatroom.mjs';
import { pythonEnvironment } from './python-environment.mjs';

const client = fileURLToPath(new URL('python_client.py', import.meta.url));
const settings = [
  { name: 'default options', args: [] },
  { name: 'WebSocket only', args: ['--transport', 'websocket'] },
  { name: 'polling only', args: ['--transport', 'polling'] },
];

const { python, skip } = await pythonEnvironment();

describe('python-socketio', () => {
  for (const { name, args } of settings) {
    it(`completes the contract with ${name}`, { skip }, async (t) => {
      // The client waits for three heartbeats.
      const room = await openChatroom({ vars: { PING_INTERVAL_MS: '5000', PING_TIMEOUT_MS: '5000' } });
      const { code, output } = await run(python, [client, ...args, room.url]);
      assert.equal(code, 0, output);
      for (const line of output.trim().split('\n')) t.diagnostic(line);
    });
  }
});
