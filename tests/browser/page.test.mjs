// The page itself: its size, its speed, its layout stability, its protection, and hosting elsewhere.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { scratchFolder } from '../worker/support/scratch.mjs';
import { request } from '../worker/support/rest.mjs';
import { launchBrowser, message, openSite, register, say, visit } from './support/browser.mjs';
import { devices, fill } from './support/scenes.mjs';

/** The limit for the first visit, compressed. */
const budgetBytes = 100_000;

const root = fileURLToPath(new URL('../../', import.meta.url));

let browser, room;
before(async () => {
  browser = await launchBrowser();
  room = await openSite();
});

describe('the first visit', () => {
  it(`loads less than ${budgetBytes / 1000} kB`, async (t) => {
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    const responses = [];
    page.on('response', (response) => responses.push(response));
    await page.goto(room.url, { waitUntil: 'networkidle' });
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    // Cloudflare compresses responses; workerd does not, so this test does.
    const sizes = await Promise.all(responses.map(async (response) => [response.url(), gzipSync(await response.body()).length]));
    const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
    t.diagnostic(`${total} bytes in ${sizes.length} files`);
    const types = sizes.map(([url]) => extname(new URL(url).pathname)).sort();
    assert.deepEqual(types, ['', '.css', '.js', '.svg']);
    assert.ok(total < budgetBytes, `${total} bytes: ${sizes.map((size) => size.join(' ')).join(', ')}`);
  });

  it('shows the form before the server has answered', async (t) => {
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.route(/\/(api|socket\.io)\//, () => {});
    await page.goto(room.url);
    await page.locator('input:focus').waitFor();
  });
});

describe('a loading page', () => {
  for (const [device, options] of Object.entries(devices)) {
    it(`shifts nothing, on a ${device}`, async (t) => {
      const own = await openSite();
      const { Noor } = await fill(own);
      const page = await visit(t, browser, own.url, {
        ...options,
        prepare: (page) => page.addInitScript(() => {
          const shifts = [];
          const note = (entries) => shifts.push(...entries.map(({ value, sources }) => (
            `${value} by ${sources.map(({ node }) => node?.className || node?.nodeName)}`
          )));
          const observer = new PerformanceObserver((list) => note(list.getEntries()));
          observer.observe({ type: 'layout-shift', buffered: true });
          globalThis.shifts = () => {
            note(observer.takeRecords());
            return shifts;
          };
        }),
      });
      await register(page, 'ann');
      await page.reload();
      await message(page, 'long screws').waitFor();
      await Noor.ask('send_message', { text: 'Quite a long one, for more than one line of a small screen.' });
      await message(page, 'Quite a long one').waitFor();
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      assert.deepEqual(await page.evaluate(() => globalThis.shifts()), []);
    });
  }
});

describe('the served page', () => {
  it('may run only its own files, and may not be framed', async () => {
    const { status, headers, body } = await request(room.url, '/');
    assert.equal(status, 200);
    assert.match(headers.get('content-type'), /^text\/html/);
    const policy = headers.get('content-security-policy');
    const parts = [
      "default-src 'none'",
      "script-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ];
    for (const part of parts) {
      assert.ok(policy.split('; ').includes(part), `${part} in ${policy}`);
    }
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
    assert.match(headers.get('strict-transport-security'), /max-age=\d{8}/);
    assert.match(headers.get('permissions-policy'), /camera=\(self\), microphone=\(self\)/);
    assert.doesNotMatch(body, /<script(?![^>]* src=)|<style|style="|\son[a-z]+="/);
  });

  it('is cached for good if its name contains its hash, and revalidated otherwise', async () => {
    const page = await request(room.url, '/');
    assert.match(page.headers.get('cache-control'), /must-revalidate/);
    const files = [...page.body.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path);
    assert.equal(files.length, 2);
    for (const file of files) {
      const { status, headers } = await request(room.url, file);
      assert.equal(status, 200);
      assert.equal(headers.get('cache-control'), 'public, max-age=31536000, immutable');
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
    }
  });

  it('leaves every other path to the Worker', async () => {
    assert.equal((await request(room.url, '/health')).body.status, 'ok');
    assert.equal((await request(room.url, '/openapi.json')).status, 200);
    assert.match((await request(room.url, '/socket.io/?EIO=4&transport=polling')).body, /^0\{"sid"/);
    for (const path of ['/nothing', '/assets/nothing.js', '/api/nothing', '/_headers', '/.web-inputs']) {
      const { status, body } = await request(room.url, path);
      assert.deepEqual([status, body.code], [404, 'not_found'], path);
    }
  });
});

describe('on another host', () => {
  it('the page uses the server that it was built for', async (t) => {
    const folder = scratchFolder();
    const host = createServer(async ({ url }, response) => {
      const path = url === '/' ? '/index.html' : url;
      const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
      const content = await readFile(join(folder, path)).catch(() => undefined);
      response.writeHead(content ? 200 : 404, { 'content-type': types[extname(path)] ?? 'text/plain' });
      response.end(content);
    });
    await new Promise((resolve) => host.listen(0, '127.0.0.1', resolve));
    t.after(() => new Promise((resolve) => {
      host.close(resolve);
      host.closeAllConnections();
    }));
    const origin = `http://127.0.0.1:${host.address().port}`;
    const { url } = await openSite({ page: undefined, vars: { FRONTEND_URL: origin } });
    const vite = join(root, 'node_modules/vite/bin/vite.js');
    const env = { ...process.env, VITE_API_URL: url, VITE_WEBSOCKET_URL: url.replace('http', 'ws') };
    const args = ['build', '--config', join(root, 'web/vite.config.mjs'), '--outDir', folder];
    await promisify(execFile)(process.execPath, [vite, ...args], { env });

    const page = await visit(t, browser, origin);
    await register(page, 'ann');
    await say(page, 'from elsewhere');
    await page.locator('.message.sent', { hasText: 'from elsewhere' }).waitFor();
    await page.reload();
    await message(page, 'from elsewhere').waitFor();
  });
});
