// HTTP/1.1 by hand over one connection, for requests that no client library sends.
import { connect } from 'node:net';
import { inTime } from './patience.mjs';

/** Formats a request, whose headers may contradict its body. Adds `Content-Length` unless the headers have it or `Transfer-Encoding`. */
export function requestText(url, method, path, headers = {}, body = '') {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const saysLength = names.includes('content-length') || names.includes('transfer-encoding');
  const all = { Host: new URL(url).host, ...headers, ...(saysLength ? {} : { 'Content-Length': Buffer.byteLength(body) }) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** Formats one chunk of `Transfer-Encoding: chunked`. */
export const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
export const lastChunk = '0\r\n\r\n';

export class RawConnection {
  #received = Buffer.alloc(0);
  #waiting = new Set();
  #over = false;

  constructor(url) {
    const { hostname, port } = new URL(url);
    this.socket = connect({ host: hostname, port, noDelay: true });
    this.socket.on('data', (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    this.socket.on('error', () => {});
    /** Resolves when the connection has ended, in any way. */
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
    this.socket.on('close', () => {
      this.#over = true;
      this.#wake();
    });
    this.socket.on('end', () => this.socket.end());
  }

  /** Sends text or bytes verbatim. Resolves to whether the system has accepted them, which fails on an ended connection. */
  send(data) {
    return new Promise((resolve) => this.socket.write(data, (error) => resolve(!error)));
  }

  /** Resolves to the next answer, as `{ status, headers, body }`; to undefined if the connection ends before it is complete. */
  async answer() {
    for (;;) {
      const answer = this.#take();
      if (answer || this.#over) return answer;
      const changed = new Promise((resolve) => this.#waiting.add(resolve));
      await inTime(changed, () => `no answer, but ${JSON.stringify(String(this.#received).slice(0, 500))}`);
    }
  }

  /** Closes the connection in order. */
  end() {
    this.socket.end();
    return this.closed;
  }

  /** Resets the connection, as happens when a process with unread data is killed. */
  reset() {
    this.socket.resetAndDestroy();
    return this.closed;
  }

  #wake() {
    this.#waiting.forEach((wake) => wake());
    this.#waiting.clear();
  }

  #take() {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [statusLine, ...lines] = String(this.#received.subarray(0, end)).split('\r\n');
    const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
    const rest = this.#received.subarray(end + 4);
    const [body, length] = headers['transfer-encoding'] === 'chunked' ? unchunked(rest) : fixed(rest, Number(headers['content-length'] ?? 0));
    if (length === undefined) return undefined;
    this.#received = rest.subarray(length);
    return { status: Number(statusLine.split(' ')[1]), headers, body };
  }
}

function fixed(bytes, length) {
  return bytes.length < length ? [] : [String(bytes.subarray(0, length)), length];
}

function unchunked(bytes) {
  const parts = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return [];
    const size = parseInt(String(bytes.subarray(at, lineEnd)), 16);
    at = lineEnd + 2 + size + 2;
    if (bytes.length < at) return [];
    if (size === 0) return [parts.join(''), at];
    parts.push(String(bytes.subarray(lineEnd + 2, at - 2)));
  }
}
