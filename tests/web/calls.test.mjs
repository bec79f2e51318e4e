// What a call is at each moment, and the words for it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { idle, step, wordsForDevices, wordsForEnd, wordsForRefusal } from '../../web/src/calls/machine.ts';

const offer = { type: 'offer', sdp: 'v=0' };
const after = (...inputs) => inputs.reduce(step, idle);
const dialled = { type: 'dialled', peer: 'ben' };
const rang = { type: 'rang', peer: 'ben', offer };
const answered = { type: 'answered', peer: 'ben' };
const accepted = { type: 'accepted' };

const states = {
  idle,
  outgoing: after(dialled),
  incoming: after(rang),
  called: after(dialled, answered),
  answering: after(rang, accepted),
};
const reasons = [
  'hangup', 'declined', 'cancelled', 'busy', 'offline', 'no_answer', 'answered_elsewhere', 'disconnected', 'glare', 'refused',
];

describe('a call', () => {
  it('is answered on both sides', () => {
    assert.equal(states.outgoing.phase, 'outgoing');
    assert.equal(states.incoming.phase, 'incoming');
    assert.deepEqual([states.called.phase, states.called.isCaller], ['active', true]);
    assert.deepEqual([states.answering.phase, states.answering.isCaller], ['active', false]);
  });

  it('is over for every reason in every state', () => {
    for (const [name, state] of Object.entries(states)) {
      for (const reason of reasons) {
        assert.equal(step(state, { type: 'ended', peer: 'ben', reason }).phase, 'idle', `${reason} while ${name}`);
      }
    }
  });

  it('does not end with a call of somebody else, and nobody else rings in it', () => {
    for (const state of Object.values(states)) {
      assert.equal(step(state, { type: 'ended', peer: 'eve', reason: 'hangup' }), state);
      if (state !== idle) assert.equal(step(state, { type: 'rang', peer: 'eve', offer }), state);
      assert.equal(step(state, { type: 'answered', peer: 'eve' }), state);
    }
  });

  it('lasts from the first connection, also over an interruption', () => {
    const linked = (link, now) => ({ type: 'linked', link, now });
    const states = [linked('connected', 5), linked('reconnecting', 7), linked('connected', 9)];
    assert.equal(after(dialled, answered, linked('reconnecting', 3)).since, null);
    assert.equal(after(dialled, answered, ...states).since, 5);
  });

  it('rings on when it could not be accepted, and says why', () => {
    const failed = after(rang, accepted, { type: 'acceptFailed', peer: 'ben', offer, notice: 'No microphone.' });
    assert.deepEqual([failed.phase, failed.notice], ['incoming', 'No microphone.']);
    assert.equal(step(failed, accepted).phase, 'active');
  });

  it('that both began at once goes on as the one that was first', () => {
    assert.equal(after(dialled, { type: 'ended', peer: 'ben', reason: 'glare' }, rang).phase, 'incoming');
  });
});

describe('words', () => {
  it('are there for every reason but glare, which is followed by the other call', () => {
    for (const reason of reasons) {
      for (const wasRinging of [true, false]) assert.equal(wordsForEnd(reason, 'ben', wasRinging) === null, reason === 'glare');
    }
  });

  it('tell the missed call from the one that was not answered', () => {
    assert.match(wordsForEnd('no_answer', 'ben', true), /missed/);
    assert.match(wordsForEnd('no_answer', 'ben', false), /didn't answer/);
  });

  it('tell who declined: the other one, or oneself in another tab', () => {
    assert.match(after(dialled, { type: 'ended', peer: 'ben', reason: 'declined' }).note, /^ben declined/);
    assert.match(after(rang, { type: 'ended', peer: 'ben', reason: 'declined' }).note, /^You declined .* another tab/);
  });

  it('are the client’s own for each refusal of a call, and the server’s for any other', () => {
    const codes = [
      'user_offline', 'user_busy', 'already_in_call', 'not_in_call', 'nothing_to_answer', 'answered_elsewhere', 'call_elsewhere',
      'cannot_call_yourself', 'too_many_candidates', 'rate_limited',
    ];
    for (const code of codes) assert.notEqual(wordsForRefusal(code, 'As it says.', 'ben'), 'As it says.', code);
    assert.equal(wordsForRefusal('something_new', 'As it says.', 'ben'), 'As it says.');
  });

  it('differ for a refused, a missing and a busy device', () => {
    const names = ['NotAllowedError', 'NotFoundError', 'NotReadableError', 'AbortError'];
    assert.equal(new Set(names.map(wordsForDevices)).size, names.length);
  });
});
