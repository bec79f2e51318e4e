// Runs the load generator against a server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { programs, secret } from './competitors.mjs';

/** Runs a scenario, described by `Options` in Rust. Resolves to its result. The clients may wait for the server to sleep. */
export async function load(server, options) {
  const argument = JSON.stringify({ ...options, server: { address: server.address, pids: server.pids, secret } });
  const generator = spawn(join(programs, 'natter-bench-load'), [argument], { stdio: ['pipe', 'pipe', 'pipe'] });
  const closed = once(generator, 'close');
  let complaints = '';
  generator.stderr.setEncoding('utf8').on('data', (text) => (complaints += text));
  let result;
  try {
    for await (const line of createInterface(generator.stdout)) {
      if (line === 'ready') {
        await server.sleep();
        generator.stdin.write('go\n');
      } else {
        result = JSON.parse(line);
      }
    }
  } catch (error) {
    generator.kill();
    throw error;
  }
  const [code] = await closed;
  if (code !== 0) throw new Error(complaints.trim().split('\n').at(-1) || `the load generator ended with code ${code}`);
  return result;
}
