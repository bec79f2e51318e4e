// The security policy of the page.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contentSecurityPolicy, headersFile, serversOf } from '../../web/headers.ts';

describe('the security policy', () => {
  it('forbids inline code, eval, and other origins', () => {
    const policy = contentSecurityPolicy([]);
    assert.doesNotMatch(policy, /unsafe|\*|https?:|data:/);
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /connect-src 'self';/);
    assert.match(headersFile([]), /frame-ancestors 'none'/);
  });

  it('lets a page on another host talk to its server, over HTTP and WebSocket', () => {
    assert.deepEqual(serversOf(['https://api.example/', undefined]), ['https://api.example', 'wss://api.example']);
    assert.deepEqual(serversOf(['http://localhost:8787', 'ws://localhost:8787']), ['http://localhost:8787', 'ws://localhost:8787']);
    assert.deepEqual(serversOf([undefined, '']), []);
    assert.match(contentSecurityPolicy(['https://api.example']), /connect-src 'self' https:\/\/api\.example;/);
  });
});
