// Requests that are refused before their body is read, and their connections.
import assert from 'node:assert/strict';
import { password } from './chatroom.mjs';
import { inTime } from './patience.mjs';
import { RawConnection, chunk, lastChunk, requestText } from './raw-http.mjs';
import { post } from './rest.mjs';

const json = { 'Content-Type': 'application/json' };
const address = { 'CF-Connecting-IP': '192.0.2.1' };
const foreign = { Origin: 'https://evil.example' };
const polling = '/socket.io/?EIO=4&transport=polling';
const text = { 'Content-Type': 'text/plain;charset=UTF-8' };

/** Settings under which the server refuses all of them. A header names the address of the registrations. */
export const refusingVars = { REGISTRATIONS_PER_HOUR: '1', TRUSTED_PROXY: 'cloudflare' };

/** Refused requests: `[reason, status, method, path, headers]`. */
export const refusals = [
  ['a missing token', 401, 'POST', '/api/auth/password', json],
  ['another origin', 403, 'POST', '/api/auth/login', { ...json, ...foreign }],
  ['another origin, polling', 403, 'POST', polling, { ...text, ...foreign }],
  ['an unknown path', 404, 'POST', '/nowhere', json],
  ['another method', 405, 'PUT', '/api/auth/login', json],
  ['another method of a public route', 405, 'DELETE', '/health', {}],
  ['a body that is too large', 413, 'POST', '/api/auth/login', json],
  ['another content type', 415, 'POST', '/api/auth/login', text],
  ['too many registrations', 429, 'POST', '/api/auth/register', { ...json, ...address }],
  ['a missing session', 400, 'POST', polling, text],
  ['an unknown session', 400, 'POST', `${polling}&sid=unknown`, text],
  ['binary data', 400, 'POST', polling, { 'Content-Type': 'application/octet-stream' }],
  ['another method of Engine.IO', 400, 'PUT', polling, text],
];

const registration = JSON.stringify({ username: 'ann', password });

/** A body of 70 kB, which is more than the platform reads by itself. */
const bodyFor = (status) => (status === 429 ? registration : '').padEnd(status === 429 ? 60_000 : 70_000);

/** Sends the refused request in each framing, followed by another one. */
export async function assertConnectionLives(url, [what, status, method, path, headers]) {
  if (status === 429) assert.equal((await post(url, path, registration, address)).status, 201);
  const body = bodyFor(status);
  const chunks = [body.slice(0, 30_000), body.slice(30_000)].map(chunk).join('') + lastChunk;
  const framings = { whole: [headers, body], chunked: [{ ...headers, 'Transfer-Encoding': 'chunked' }, chunks] };
  for (const [framing, [framed, sent]] of Object.entries(framings)) {
    const connection = new RawConnection(url);
    for (let time = 0; time < 3; time += 1) {
      await connection.send(requestText(url, method, path, framed, sent));
      assert.equal((await connection.answer())?.status, status, `${what}, ${framing}`);
      await connection.send(requestText(url, 'GET', '/health'));
      assert.equal((await connection.answer())?.status, 200, `after ${what}, ${framing}`);
    }
    await connection.end();
  }
}

/** Sends far more than the limit for refused bodies. The server answers or hangs up, and stops reading. */
export async function assertReadingEnds(url) {
  const connection = new RawConnection(url);
  const total = 1_000_000_000;
  await connection.send(requestText(url, 'POST', '/nowhere', { ...json, 'Content-Length': total }));
  const piece = Buffer.alloc(1_000_000, ' ');
  let sent = 0;
  while (sent < total && (await connection.send(piece))) sent += piece.length;
  await inTime(connection.closed, () => 'the connection is not closed');
  assert.ok(sent < 100_000_000, `${sent} bytes were read`);
}

/** Announces a body and sends part of it. The server answers nevertheless. */
export async function assertHalfABodyIsAnswered(url) {
  const connection = new RawConnection(url);
  await connection.send(requestText(url, 'POST', '/nowhere', { ...json, 'Content-Length': 1000 }, '{"username":'));
  assert.equal((await connection.answer())?.status, 404);
  await connection.reset();
}
