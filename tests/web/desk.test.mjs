// Calls, as the server, the other side and the connection change them. The media are fakes.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { after, afterEach, before, beforeEach, describe, it, mock } from 'node:test';
import { signal } from '@preact/signals';
import { CallDesk } from '../../web/src/calls/desk.ts';

const offer = { type: 'offer', sdp: 'v=0' };
const description = { toJSON: () => offer };
/** Resolves when the fake browser has no work left. */
const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

class Track extends EventTarget {
  readyState = 'live';
  enabled = true;
  stop = () => (this.readyState = 'ended');

  constructor(kind) {
    super();
    this.kind = kind;
  }
}

class Stream {
  tracks;
  constructor(tracks = []) {
    this.tracks = tracks;
  }
  addTrack = (track) => this.tracks.push(track);
  getTracks = () => this.tracks;
  getAudioTracks = () => this.tracks.filter(({ kind }) => kind === 'audio');
  getVideoTracks = () => this.tracks.filter(({ kind }) => kind === 'video');
}

/** A fake `RTCPeerConnection`, which the test controls. */
class Connection {
  static latest;
  connectionState = 'new';
  signalingState = 'stable';
  remoteDescription = null;
  localDescription = null;
  transport = { state: 'connected' };
  restarts = 0;

  constructor() {
    Connection.latest = this;
  }
  addTransceiver = () => ({ sender: { replaceTrack: async () => undefined } });
  getTransceivers = () => [];
  getReceivers = () => [{ transport: this.transport }];
  setLocalDescription = async () => void (this.localDescription = description);
  setRemoteDescription = async (given) => void (this.remoteDescription = given);
  setConfiguration = () => undefined;
  restartIce = () => void (this.restarts += 1);
  addIceCandidate = async () => undefined;
  close = () => void (this.signalingState = 'closed');

  async become(state) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
    await settled();
  }
}

const globals = { RTCPeerConnection: Connection, MediaStream: Stream };
before(() => {
  Object.assign(globalThis, globals);
  navigator.mediaDevices = { getUserMedia: async () => new Stream([new Track('audio'), new Track('video')]) };
});
after(() => {
  for (const name of Object.keys(globals)) delete globalThis[name];
  delete navigator.mediaDevices;
});

let socket, online, connected, desk;
beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout'] });
  socket = new EventEmitter();
  socket.recovered = false;
  socket.sent = [];
  const hear = socket.emit.bind(socket);
  socket.hear = hear;
  socket.emit = (name, data, answer) => {
    socket.sent.push([name, data.to]);
    socket.answer = answer;
  };
  online = signal(['ann', 'ben']);
  connected = signal(true);
  const iceServers = async () => ({ ok: true, json: async () => ({ iceServers: [] }) });
  desk = new CallDesk({ socket, online, connected, fetchAsUser: iceServers });
});
afterEach(() => {
  desk.close();
  mock.timers.reset();
});

const ring = () => socket.hear('incoming_call', { from: 'ben', offer });
const phase = () => desk.state.value.phase;

/** Sets up a connected call that ben has answered. */
async function talk() {
  desk.call('ben');
  await settled();
  socket.hear('call_answered', { from: 'ben', answer: { type: 'answer', sdp: 'v=0' } });
  await settled();
  await Connection.latest.become('connected');
  assert.deepEqual([phase(), desk.state.value.link], ['active', 'connected']);
}

describe('an incoming call', () => {
  it('rings until the server ends it, for any reason', () => {
    for (const reason of ['cancelled', 'answered_elsewhere', 'declined', 'no_answer', 'disconnected']) {
      ring();
      assert.equal(desk.ringing.value, 'ben');
      socket.hear('call_ended', { from: 'ben', reason });
      assert.equal(desk.ringing.value, null, reason);
    }
  });

  it('stops ringing when it is accepted or declined here', async () => {
    ring();
    desk.end();
    assert.deepEqual([desk.ringing.value, socket.sent], [null, [['end_call', 'ben']]]);
    ring();
    desk.accept();
    assert.equal(desk.ringing.value, null);
    await settled();
  });

  it('stops ringing when the caller goes offline, and rings again on return', () => {
    ring();
    online.value = ['ann'];
    assert.deepEqual([desk.ringing.value, desk.callerIsGone.value, phase()], [null, true, 'incoming']);
    online.value = ['ann', 'ben'];
    assert.deepEqual([desk.ringing.value, desk.callerIsGone.value], ['ben', false]);
  });

  it('rings for a caller who is not in the list of users yet', () => {
    online.value = ['ann'];
    ring();
    assert.equal(desk.ringing.value, 'ben');
    online.value = ['ann', 'ben'];
    online.value = ['ann'];
    assert.equal(desk.ringing.value, null);
  });

  it('is independent of earlier calls', () => {
    ring();
    online.value = ['ann'];
    socket.hear('call_ended', { from: 'ben', reason: 'disconnected' });
    ring();
    assert.equal(desk.ringing.value, 'ben');
  });

  it('does not ring while this page is disconnected and cannot answer', () => {
    ring();
    connected.value = false;
    assert.equal(desk.ringing.value, null);
    connected.value = true;
    assert.equal(desk.ringing.value, 'ben');
  });

  it('keeps ringing elsewhere when this page closes', () => {
    ring();
    desk.leave();
    assert.deepEqual([phase(), socket.sent], ['incoming', []]);
  });
});

describe('a call', () => {
  it('says why it is refused, whichever of the two answers comes first', async () => {
    for (const order of [['end', 'answer'], ['answer', 'end']]) {
      desk.call('ben');
      await settled();
      for (const what of order) {
        if (what === 'end') socket.hear('call_ended', { from: 'ben', reason: 'refused' });
        else socket.answer({ ok: false, error: 'Too fast.', code: 'rate_limited', retryAfterMs: 1_000 });
      }
      assert.deepEqual([phase(), desk.state.value.note], ['idle', "You're calling too often. Try again in a moment."]);
    }
  });

  it('ends for the other side when this page closes', async () => {
    await talk();
    desk.leave();
    assert.deepEqual([phase(), socket.sent.at(-1)], ['idle', ['end_call', 'ben']]);
    desk.call('ben');
    desk.leave();
    assert.deepEqual([phase(), socket.sent.at(-1)], ['idle', ['end_call', 'ben']]);
    await settled();
  });

  it('is reconnecting while nothing arrives, and continues afterwards', async () => {
    await talk();
    await Connection.latest.become('disconnected');
    assert.equal(desk.state.value.link, 'reconnecting');
    mock.timers.tick(29_000);
    await Connection.latest.become('connected');
    assert.equal(desk.state.value.link, 'connected');
    mock.timers.tick(60_000);
    assert.equal(phase(), 'active');
  });

  it('is reconnecting once the other page has closed its transport', async () => {
    await talk();
    Connection.latest.transport.state = 'closed';
    Connection.latest.transport.onstatechange();
    assert.equal(desk.state.value.link, 'reconnecting');
  });

  it('ends for both, with all devices off, when nothing has arrived for half a minute', async () => {
    await talk();
    const { local } = desk.peer.value;
    await Connection.latest.become('disconnected');
    await Connection.latest.become('failed');
    mock.timers.tick(30_000);
    assert.deepEqual([phase(), desk.state.value.note], ['idle', 'The call ended because the connection was lost.']);
    assert.deepEqual(socket.sent.filter(([name]) => name === 'end_call'), [['end_call', 'ben']]);
    assert.deepEqual(local.getTracks().map(({ readyState }) => readyState), ['ended', 'ended']);
  });

  it('ends by itself if no connection is established', async () => {
    ring();
    desk.accept();
    // The browser asks for the camera.
    mock.timers.tick(40_000);
    await settled();
    assert.equal(phase(), 'active');
    mock.timers.tick(30_000);
    assert.deepEqual([phase(), desk.state.value.note], ['idle', "The call couldn't be connected."]);
  });

  it('leaves no timer behind that ends the next one', async () => {
    await talk();
    await Connection.latest.become('disconnected');
    socket.hear('call_ended', { from: 'ben', reason: 'hangup' });
    mock.timers.tick(20_000);
    desk.call('ben');
    await settled();
    socket.hear('call_answered', { from: 'ben', answer: { type: 'answer', sdp: 'v=0' } });
    await settled();
    mock.timers.tick(20_000);
    assert.equal(phase(), 'active');
  });
});
