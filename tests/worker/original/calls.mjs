// Call signalling, as both sides and a third user receive it.
const offer = { type: 'offer', sdp: 'v=0\r\no=- 1\r\n' };
const answer = { type: 'answer', sdp: 'v=0\r\no=- 2\r\n' };
const candidate = (number) => ({ candidate: `candidate:${number} 1 udp 1 192.0.2.1 9 typ host`, sdpMid: '0', sdpMLineIndex: 0 });

const rings = (from) => ['incoming_call', { from, offer }];
const answered = (from) => ['call_answered', { from, answer }];
const candidateOf = (from, number) => ['ice_candidate', { from, candidate: candidate(number) }];
const ended = (from) => ['call_ended', { from }];
const exception = (event, code) => ['exception', { event, code }];

/** The users of a row, with methods to signal to each other. */
async function users(stage, ...names) {
  const clients = await stage.join(...names);
  const to = (name) => ({ to: stage.name(name) });
  const send = {
    call: (from, name) => from.socket.emit('call_user', { ...to(name), offer }),
    answer: (from, name) => from.socket.emit('call_answer', { ...to(name), answer }),
    candidate: (from, name, number) => from.socket.emit('ice_candidate', { ...to(name), candidate: candidate(number) }),
    end: (from, name) => from.socket.emit('end_call', to(name)),
  };
  return { clients, to, send };
}

/** Runs the steps of `act` one after another. Returns the events that all clients receive meanwhile. */
const scene = (names, ...steps) => async (stage) => {
  const { clients, to, send } = await users(stage, ...names);
  const heard = clients.map(() => []);
  for (const step of steps) {
    const events = await stage.heard(clients, () => step(send, clients, to));
    events.forEach((list, index) => heard[index].push(...list));
  }
  return heard;
};

const pair = ['ann', 'ben'];
const annCalls = (send, [ann]) => send.call(ann, 'ben');
const benAnswers = (send, [, ben]) => send.answer(ben, 'ann');

export const calls = [
  {
    name: 'a call that is answered, and ended by the caller',
    run: scene(pair, annCalls, benAnswers, (send, [ann]) => send.end(ann, 'ben')),
    original: [[answered('ben')], [rings('ann'), ended('ann')]],
  },
  {
    name: 'a call that is answered, and ended by the callee',
    run: scene(pair, annCalls, benAnswers, (send, [, ben]) => send.end(ben, 'ann')),
    original: [[answered('ben'), ended('ben')], [rings('ann')]],
  },
  {
    name: 'a call that is declined',
    run: scene(pair, annCalls, (send, [, ben]) => send.end(ben, 'ann')),
    original: [[ended('ben')], [rings('ann')]],
  },
  {
    name: 'a call that is cancelled',
    run: scene(pair, annCalls, (send, [ann]) => send.end(ann, 'ben')),
    original: [[], [rings('ann'), ended('ann')]],
  },
  {
    name: 'the fields of call_ended',
    run: async (stage) => {
      const { clients: [ann, ben], send } = await users(stage, ...pair);
      send.call(ann, 'ben');
      await ben.next('incoming_call');
      send.end(ben, 'ann');
      return Object.keys(await ann.next('call_ended'));
    },
    original: ['from'],
    natter: ['from', 'reason'],
    because: 'reasons',
  },
  {
    name: 'offer, answer and candidate of any shape',
    run: scene(
      pair,
      (send, [ann], to) => ann.socket.emit('call_user', { ...to('ben'), offer: 'an offer' }),
      (send, [, ben], to) => ben.socket.emit('call_answer', { ...to('ann'), answer: [1, 'two', null] }),
      (send, [ann], to) => ann.socket.emit('ice_candidate', { ...to('ben'), candidate: null }),
    ),
    original: [
      [['call_answered', { from: 'ben', answer: [1, 'two', null] }]],
      [['incoming_call', { from: 'ann', offer: 'an offer' }], ['ice_candidate', { from: 'ann', candidate: null }]],
    ],
  },
  {
    name: 'a call with extra fields, and with the name of another caller',
    run: scene(pair, (send, [ann], to) => ann.socket.emit('call_user', { ...to('ben'), offer, from: 'eve', video: true })),
    original: [[], [rings('ann')]],
  },
  {
    name: 'candidates of both sides, after the answer',
    run: scene(
      pair, annCalls, benAnswers,
      (send, [ann]) => [1, 2].forEach((number) => send.candidate(ann, 'ben', number)),
      (send, [, ben]) => [3, 4].forEach((number) => send.candidate(ben, 'ann', number)),
    ),
    original: [
      [answered('ben'), candidateOf('ben', 3), candidateOf('ben', 4)],
      [rings('ann'), candidateOf('ann', 1), candidateOf('ann', 2)],
    ],
  },
  {
    name: 'candidates of the caller while the call rings',
    run: scene(pair, annCalls, (send, [ann]) => [1, 2].forEach((number) => send.candidate(ann, 'ben', number))),
    original: [[], [rings('ann'), candidateOf('ann', 1), candidateOf('ann', 2)]],
    natter: [[], [rings('ann')]],
    because: 'candidatesWhileRinging',
  },
  {
    name: 'candidates of the caller while the call rings, once it is answered',
    run: scene(pair, annCalls, (send, [ann]) => [1, 2].forEach((number) => send.candidate(ann, 'ben', number)), benAnswers),
    original: [[answered('ben')], [rings('ann'), candidateOf('ann', 1), candidateOf('ann', 2)]],
  },
  {
    name: 'candidates of the callee before the answer',
    run: scene(pair, annCalls, (send, [, ben]) => send.candidate(ben, 'ann', 1), benAnswers),
    original: [[candidateOf('ben', 1), answered('ben')], [rings('ann')]],
    natter: [[answered('ben'), candidateOf('ben', 1)], [rings('ann')]],
    because: 'candidatesOfTheCallee',
  },
  {
    name: 'candidates before the offer, once the call is answered',
    run: scene(pair, (send, [ann]) => [1, 2].forEach((number) => send.candidate(ann, 'ben', number)), annCalls, benAnswers),
    original: [[answered('ben')], [candidateOf('ann', 1), candidateOf('ann', 2), rings('ann')]],
    natter: [[answered('ben')], [rings('ann'), candidateOf('ann', 1), candidateOf('ann', 2)]],
    because: 'earlyCandidates',
  },
  {
    name: 'a call to an offline user',
    run: scene(pair, (send, [ann]) => send.call(ann, 'nobody')),
    original: [[], []],
    natter: [[ended('nobody'), exception('call_user', 'user_offline')], []],
    because: 'deadEnds',
  },
  {
    name: 'a call to oneself',
    run: scene(pair, (send, [ann]) => send.call(ann, 'ann')),
    original: [[rings('ann')], []],
    natter: [[ended('ann'), exception('call_user', 'cannot_call_yourself')], []],
    because: 'callsToOneself',
  },
  {
    name: 'a call without an offer',
    run: scene(pair, (send, [ann], to) => ann.socket.emit('call_user', to('ben'))),
    original: [[], [['incoming_call', { from: 'ann' }]]],
    natter: [[ended('ben'), exception('call_user', 'invalid_offer')], []],
    because: 'noOffer',
  },
  {
    name: 'a call to a user in a call',
    run: scene(['ann', 'ben', 'eve'], annCalls, benAnswers, (send, [, , eve]) => send.call(eve, 'ben')),
    original: [[answered('ben')], [rings('ann'), rings('eve')], []],
    natter: [[answered('ben')], [rings('ann')], [ended('ben'), exception('call_user', 'user_busy')]],
    because: 'oneCall',
  },
  {
    name: 'calls to everyone at once',
    run: scene(['ann', 'ben', 'eve'], (send, [ann]) => ['ben', 'eve'].forEach((name) => send.call(ann, name))),
    original: [[], [rings('ann')], [rings('ann')]],
    natter: [[ended('eve'), exception('call_user', 'already_in_call')], [rings('ann')], []],
    because: 'oneCall',
  },
  {
    name: 'a call to a user who is calling the caller',
    run: scene(pair, annCalls, (send, [, ben]) => send.call(ben, 'ann')),
    original: [[rings('ben')], [rings('ann')]],
    natter: [[], [rings('ann'), ended('ann'), rings('ann'), exception('call_user', 'glare')]],
    because: 'glare',
  },
  {
    name: 'a second offer in a call',
    run: scene(pair, annCalls, benAnswers, annCalls, benAnswers),
    original: [[answered('ben'), answered('ben')], [rings('ann'), rings('ann')]],
  },
  {
    name: 'an answer without a call',
    run: scene(pair, benAnswers),
    original: [[answered('ben')], []],
    natter: [[], [exception('call_answer', 'not_in_call')]],
    because: 'noCall',
  },
  {
    name: 'a second answer without a second offer',
    run: scene(pair, annCalls, benAnswers, benAnswers),
    original: [[answered('ben'), answered('ben')], [rings('ann')]],
    natter: [[answered('ben')], [rings('ann'), exception('call_answer', 'nothing_to_answer')]],
    because: 'noCall',
  },
  {
    name: 'the end of a call that does not exist',
    run: scene(pair, (send, [ann]) => send.end(ann, 'ben')),
    original: [[], [ended('ann')]],
    natter: [[exception('end_call', 'not_in_call')], []],
    because: 'noCall',
  },
  {
    name: 'a call to a user in capitals',
    run: scene(pair, (send, [ann], to) => ann.socket.emit('call_user', { to: to('ben').to.toUpperCase(), offer })),
    original: [[], []],
    natter: [[], [rings('ann')]],
    because: 'caseInsensitive',
  },
  {
    name: 'a user in a call who leaves',
    run: async (stage) => {
      const { clients: [ann, ben], send } = await users(stage, ...pair);
      send.call(ann, 'ben');
      await ben.next('incoming_call');
      send.answer(ben, 'ann');
      await ann.next('call_answered');
      const heard = ann.events.length;
      ben.socket.disconnect();
      await ann.until(() => stage.online(ann).length === 1, 'list without ben');
      await stage.settle([ann]);
      return ann.events.slice(heard).filter(({ name }) => name === 'call_ended').map(({ name, args }) => [name, stage.fact(name, args[0])]);
    },
    original: [],
    natter: [ended('ben')],
    because: 'left',
  },
  {
    name: 'a call to a user with two tabs',
    run: async (stage) => {
      const { clients: [ann, ben], send } = await users(stage, ...pair);
      const second = stage.clientWith(ben.token);
      await second.next('online_users');
      return stage.heard([ann, ben, second], () => send.call(ann, 'ben'));
    },
    original: [[], [], [rings('ann')]],
    natter: [[], [rings('ann')], [rings('ann')]],
    because: 'tabsRing',
  },
  {
    name: 'a call to a user with two tabs, answered in one',
    run: async (stage) => {
      const { clients: [ann, ben], send } = await users(stage, ...pair);
      const second = stage.clientWith(ben.token);
      await second.next('online_users');
      await stage.heard([ann, ben, second], () => send.call(ann, 'ben'));
      return stage.heard([ann, ben, second], () => send.answer(second, 'ann'));
    },
    original: [[answered('ben')], [], []],
    natter: [[answered('ben')], [ended('ann')], []],
    because: 'tabsRing',
  },
];
