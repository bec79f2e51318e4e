// The states of a call, and the words for them.
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

  it('ends for every reason in every state', () => {
    for (const [name, state] of Object.entries(states)) {
      for (const reason of reasons) {
        assert.equal(step(state, { type: 'ended', peer: 'ben', reason }).phase, 'idle', `${reason} while ${name}`);
      }
    }
  });

  it('ignores the end of another call, and does not ring for one', () => {
    for (const state of Object.values(states)) {
      assert.equal(step(state, { type: 'ended', peer: 'eve', reason: 'hangup' }), state);
      if (state !== idle) assert.equal(step(state, { type: 'rang', peer: 'eve', offer }), state);
      assert.equal(step(state, { type: 'answered', peer: 'eve' }), state);
    }
  });

  it('lasts from the first connection, across interruptions', () => {
    const linked = (link, now) => ({ type: 'linked', link, now });
    const states = [linked('connected', 5), linked('reconnecting', 7), linked('connected', 9)];
    assert.equal(after(dialled, answered, linked('reconnecting', 3)).since, null);
    assert.equal(after(dialled, answered, ...states).since, 5);
  });

  it('keeps ringing when it cannot be accepted, and says why', () => {
    const failed = after(rang, accepted, { type: 'acceptFailed', peer: 'ben', offer, notice: 'No microphone.' });
    assert.deepEqual([failed.phase, failed.notice], ['incoming', 'No microphone.']);
    assert.equal(step(failed, accepted).phase, 'active');
  });

  it('continues as the first one when both sides began at once', () => {
    assert.equal(after(dialled, { type: 'ended', peer: 'ben', reason: 'glare' }, rang).phase, 'incoming');
  });
});

describe('words', () => {
  it('exist for every reason but glare, which is followed by the other call', () => {
    for (const reason of reasons) {
      for (const wasRinging of [true, false]) assert.equal(wordsForEnd(reason, 'ben', wasRinging) === null, reason === 'glare');
    }
  });

  it('distinguish a missed call from an unanswered one', () => {
    assert.match(wordsForEnd('no_answer', 'ben', true), /missed/);
    assert.match(wordsForEnd('no_answer', 'ben', false), /didn't answer/);
  });

  it('say who declined: the other user, or the user in another tab', () => {
    assert.match(after(dialled, { type: 'ended', peer: 'ben', reason: 'declined' }).note, /^ben declined/);
    assert.match(after(rang, { type: 'ended', peer: 'ben', reason: 'declined' }).note, /^You declined .* another tab/);
  });

  it('are the client’s own for refused calls, and the server’s for any other refusal', () => {
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
