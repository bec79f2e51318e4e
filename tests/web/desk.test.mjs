// What becomes of calls when the server, the other side or the connection says something, with media that are only pretended.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { after, afterEach, before, beforeEach, describe, it, mock } from 'node:test';
import { signal } from '@preact/signals';
import { CallDesk } from '../../web/src/calls/desk.ts';

const offer = { type: 'offer', sdp: 'v=0' };
const description = { toJSON: () => offer };
/** What a browser does not do in one turn of the event loop is not under way. */
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

/** An `RTCPeerConnection` that does what it is told. */
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

/** A call that ben has answered and that is connected. */
async function talk() {
  desk.call('ben');
  await settled();
  socket.hear('call_answered', { from: 'ben', answer: { type: 'answer', sdp: 'v=0' } });
  await settled();
  await Connection.latest.become('connected');
  assert.deepEqual([phase(), desk.state.value.link], ['active', 'connected']);
}

describe('a call that comes in', () => {
  it('rings until the server says that it is over, whatever the reason', () => {
    for (const reason of ['cancelled', 'answered_elsewhere', 'declined', 'no_answer', 'disconnected']) {
      ring();
      assert.equal(desk.ringing.value, 'ben');
      socket.hear('call_ended', { from: 'ben', reason });
      assert.equal(desk.ringing.value, null, reason);
    }
  });

  it('rings no longer when it is accepted or declined here', async () => {
    ring();
    desk.end();
    assert.deepEqual([desk.ringing.value, socket.sent], [null, [['end_call', 'ben']]]);
    ring();
    desk.accept();
    assert.equal(desk.ringing.value, null);
    await settled();
  });

  it('does not ring for a caller who has gone, and rings again for one who is back', () => {
    ring();
    online.value = ['ann'];
    assert.deepEqual([desk.ringing.value, desk.callerIsGone.value, phase()], [null, true, 'incoming']);
    online.value = ['ann', 'ben'];
    assert.deepEqual([desk.ringing.value, desk.callerIsGone.value], ['ben', false]);
  });

  it('rings for a caller whom the list of users does not know yet', () => {
    online.value = ['ann'];
    ring();
    assert.equal(desk.ringing.value, 'ben');
    online.value = ['ann', 'ben'];
    online.value = ['ann'];
    assert.equal(desk.ringing.value, null);
  });

  it('judges each call by itself', () => {
    ring();
    online.value = ['ann'];
    socket.hear('call_ended', { from: 'ben', reason: 'disconnected' });
    ring();
    assert.equal(desk.ringing.value, 'ben');
  });

  it('does not ring while this page is not connected, as nobody could answer', () => {
    ring();
    connected.value = false;
    assert.equal(desk.ringing.value, null);
    connected.value = true;
    assert.equal(desk.ringing.value, 'ben');
  });

  it('goes on ringing elsewhere when this page goes away', () => {
    ring();
    desk.leave();
    assert.deepEqual([phase(), socket.sent], ['incoming', []]);
  });
});

describe('a call', () => {
  it('that is refused says why, whichever of the two answers comes first', async () => {
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

  it('ends for the other side when this page goes away', async () => {
    await talk();
    desk.leave();
    assert.deepEqual([phase(), socket.sent.at(-1)], ['idle', ['end_call', 'ben']]);
    desk.call('ben');
    desk.leave();
    assert.deepEqual([phase(), socket.sent.at(-1)], ['idle', ['end_call', 'ben']]);
    await settled();
  });

  it('is reconnecting while nothing arrives, and goes on when it does again', async () => {
    await talk();
    await Connection.latest.become('disconnected');
    assert.equal(desk.state.value.link, 'reconnecting');
    mock.timers.tick(29_000);
    await Connection.latest.become('connected');
    assert.equal(desk.state.value.link, 'connected');
    mock.timers.tick(60_000);
    assert.equal(phase(), 'active');
  });

  it('is reconnecting as soon as the other page has closed its transport', async () => {
    await talk();
    Connection.latest.transport.state = 'closed';
    Connection.latest.transport.onstatechange();
    assert.equal(desk.state.value.link, 'reconnecting');
  });

  it('ends by itself, for both and with all devices off, when nothing has arrived for half a minute', async () => {
    await talk();
    const { local } = desk.peer.value;
    await Connection.latest.become('disconnected');
    await Connection.latest.become('failed');
    mock.timers.tick(30_000);
    assert.deepEqual([phase(), desk.state.value.note], ['idle', 'The call ended because the connection was lost.']);
    assert.deepEqual(socket.sent.filter(([name]) => name === 'end_call'), [['end_call', 'ben']]);
    assert.deepEqual(local.getTracks().map(({ readyState }) => readyState), ['ended', 'ended']);
  });

  it('ends by itself where no connection comes about', async () => {
    ring();
    desk.accept();
    // The browser asks for the camera.
    mock.timers.tick(40_000);
    await settled();
    assert.equal(phase(), 'active');
    mock.timers.tick(30_000);
    assert.deepEqual([phase(), desk.state.value.note], ['idle', "The call couldn't be connected."]);
  });

  it('leaves no clock behind that ends the next one', async () => {
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
