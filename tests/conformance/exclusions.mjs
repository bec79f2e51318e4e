// The tests of the reference client's suites that cannot apply to this server, each with the reason. An entry with a `file` lists
// every test of a file that is not run; other entries list full titles. A run fails if a test on the list does not exist, or if a
// file has tests that the list lacks.

export const exclusions = [
  {
    suite: 'engine.io-client',
    file: 'test/webtransport.mjs',
    reason: 'Cloudflare opens no WebTransport sessions to a Worker. These tests start a Node server of their own.',
    tests: [
      'should allow to connect with WebTransport directly',
      'should allow to upgrade to WebTransport',
      'should favor WebTransport over WebSocket',
      'should send ping/pong packets',
      'should handle connections closed by the server',
      'should handle connections closed by the client',
      'should send some plaintext data (client to server)',
      'should send some plaintext data (server to client)',
      'should send some binary data (client to server)',
      'should send some binary data (server to client) (as ArrayBuffer)',
      'should send some binary data (server to client) (as Buffer)',
    ],
  },
];
