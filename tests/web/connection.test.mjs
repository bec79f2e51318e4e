// The handshake data of a connection.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { signal } from '@preact/signals';
import { Connection } from '../../web/src/connection.ts';

describe('a connection', () => {
  it('sends the newest token, and asks for missed messages instead of a new history', () => {
    const current = signal({ token: 'first' });
    const { socket } = new Connection('http://127.0.0.1:9', { current });
    const shown = () => {
      let data;
      socket.auth((given) => (data = given));
      return data;
    };
    assert.deepEqual(shown(), { token: 'first', wants: ['missed'] });
    current.value = { token: 'second' };
    assert.deepEqual(shown(), { token: 'second', wants: ['missed'] });
    current.value = undefined;
    assert.deepEqual(shown(), { token: undefined, wants: ['missed'] });
  });
});
