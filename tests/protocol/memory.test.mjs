// Abandoned sessions release their memory. WebAssembly memory never shrinks, and V8 and the allocator keep theirs, so the test
// compares two waves of sessions: the second must not need more than the first.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { serveConformanceWorker } from '../conformance/server.mjs';
import { inTime } from '../worker/support/patience.mjs';
import { collectGarbage } from './inspector.mjs';

const sessions = 10_000;
const growthLimit = 0.1;
const atOnce = 32;
const skip = process.platform === 'linux' ? false : 'the test reads the memory of a process from /proc';

describe('sessions that were opened by polling and abandoned', { skip }, () => {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  let server, workerd;
  before(async () => {
    server = await serveConformanceWorker({ inspectorPort: 0 });
    workerd = workerdOf(process.pid);
  });
  after(async () => {
    agent.destroy();
    await server.stop();
  });

  it(`leave nothing behind, ${sessions} at a time`, async (t) => {
    const measures = [];
    for (const wave of ['the first', 'the second']) {
      await openAndAbandon();
      await inTime(gone(), () => `sessions of ${wave} wave are left`);
      await collectGarbage(await server.inspectorUrl(), counts);
      measures.push(residentBytes(workerd));
    }
    t.diagnostic(`resident after each wave: ${measures.map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`).join(', ')}`);
    const growth = measures.at(-1) / measures[0] - 1;
    assert.ok(growth <= growthLimit, `${Math.round(growth * 100)} % more than after the first wave`);
  });

  async function openAndAbandon() {
    let left = sessions;
    const openSome = async () => {
      while (left-- > 0) {
        const handshake = await text('/socket.io/?EIO=4&transport=polling');
        const { sid } = JSON.parse(handshake.slice(1));
        // Some have an open poll when they vanish.
        if (left % 10 === 0) await hangUp(`/socket.io/?EIO=4&transport=polling&sid=${sid}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, openSome));
  }

  async function gone() {
    while ((await counts()) !== '[0,0]');
  }

  function counts() {
    return text('/counts');
  }

  function text(path) {
    return new Promise((resolve, reject) => {
      const request = get(new URL(path, server.url), { agent }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (piece) => (body += piece));
        response.on('end', () => (response.statusCode === 200 ? resolve(body) : reject(new Error(body))));
      });
      request.on('error', reject);
    });
  }

  // A separate connection, because a cut one cannot be reused.
  async function hangUp(path) {
    const request = get(new URL(path, server.url), { agent: false }).on('error', () => {});
    await once(request, 'finish');
    request.destroy();
  }
});

/** Finds the workerd process that Miniflare started in the process `parent`. */
function workerdOf(parent) {
  const found = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      const [, name, status] = /^\d+ \((.*)\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      return name === 'workerd' && status.split(' ')[1] === String(parent);
    } catch {
      // The process has ended meanwhile.
      return false;
    }
  });
  assert.equal(found.length, 1, `workerd processes: ${found}`);
  return found[0];
}

function residentBytes(pid) {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kibibytes) * 1024;
}
