// Connecting, messages and presence.
const message = (username, text) => ['new_message', { id: 'string', username, text, timestamp: 'ISO 8601' }];
const everyoneHears = (username, text) => [[message(username, text)], [message(username, text)]];
const nothing = [[], []];

/** Has Ann send an event. Returns the events that she and Ben receive. */
const annSends = (...args) => async (stage) => {
  const [ann, ben] = await stage.join('ann', 'ben');
  return stage.heard([ann, ben], () => ann.socket.emit(...args));
};

/** The exception with which Natter tells only the sender why an event is refused. */
const refused = (event, code) => [[['exception', { event, code }]], []];

const texts = {
  'a text': 'hello',
  'a text with markup': '<b onclick="alert(1)">bold</b> &amp; "quotes" \\',
  'a text with spaces around it': '  hello  ',
  'a text of several lines': 'one\ntwo\tthree',
  'a text with Windows line breaks': 'one\r\ntwo',
  'a text of 4,000 characters': 'x'.repeat(4_000),
  'a text in several scripts': 'Zoë 山田 שלום 👩‍👩‍👧‍👦',
};

export const chat = [
  ...[undefined, null, '', 'nonsense', 42].map((token) => ({
    name: `a client whose token is ${JSON.stringify(token) ?? 'missing'}`,
    run: async (stage) => {
      const client = stage.clientWith(token, { reconnection: false });
      const error = await client.next('connect_error');
      return [error.message, client.socket.active, client.all('connect').length];
    },
    original: ['Authentication error', false, 0],
  })),
  {
    name: 'a client whose token is signed by another server',
    run: async (stage) => {
      const client = stage.clientWith((await stage.token('ann')).replace(/[^.]{8}$/, 'AAAAAAAA'));
      return (await client.next('connect_error')).message;
    },
    original: 'Authentication error',
  },
  {
    name: 'a client whose token comes in the query',
    run: async (stage) => {
      const client = stage.clientWith(undefined, { query: { token: await stage.token('ann') } });
      return (await client.next('connect_error')).message;
    },
    original: 'Authentication error',
  },
  {
    name: 'a client of another namespace',
    run: async (stage) => {
      const client = await stage.client('ann');
      await client.next('connect');
      const other = client.socket.io.socket('/other', { auth: { token: client.token } });
      const error = await new Promise((resolve) => other.once('connect_error', resolve).connect());
      return error.message;
    },
    original: 'Invalid namespace',
  },
  ...Object.entries({ 'default options': { transports: undefined }, 'WebSocket only': {}, 'polling only': { transports: ['polling'] } }).map(([what, options]) => ({
    name: `the first events of a client, with ${what}`,
    run: async (stage) => {
      const client = await stage.client('ann', options);
      await client.until(() => stage.online(client)?.includes(stage.name('ann')), 'list with oneself');
      return [client.events.slice(0, 3).map(({ name }) => name), Array.isArray(client.all('message_history')[0]), stage.lists(client)];
    },
    original: [['connect', 'message_history', 'online_users'], true, [['ann']]],
  })),
  {
    name: 'the history: the last 50 messages as broadcast, oldest first',
    run: async (stage) => {
      const [ann, ben] = await stage.join('ann', 'ben');
      await stage.heard([ann, ben], () => {
        for (let number = 1; number <= 60; number += 1) ann.socket.emit('send_message', { text: `number ${number}` });
      });
      const heard = ben.all('new_message');
      const late = await stage.client('late');
      const history = await late.next('message_history');
      return [history.length, JSON.stringify(history) === JSON.stringify(heard.slice(-50))];
    },
    original: [50, true],
  },

  ...Object.entries(texts).map(([what, text]) => ({
    name: what,
    run: annSends('send_message', { text }),
    original: everyoneHears('ann', text),
  })),
  {
    name: 'a text with extra fields, and with the name of another user',
    run: annSends('send_message', { text: 'hello', username: 'ben', id: '1', timestamp: 'now', room: 'general', attachment: Buffer.from('bytes') }),
    original: everyoneHears('ann', 'hello'),
  },
  {
    name: 'messages of one user, in their order',
    run: async (stage) => {
      const [ann, ben] = await stage.join('ann', 'ben');
      const heard = await stage.heard([ann, ben], () => {
        for (const text of ['one', 'two', 'three']) ann.socket.emit('send_message', { text });
      });
      return heard.map((events) => events.map(([, { text }]) => text));
    },
    original: [['one', 'two', 'three'], ['one', 'two', 'three']],
  },
  {
    name: 'ids of messages sent at once',
    run: async (stage) => {
      const [ann] = await stage.join('ann');
      await stage.heard([ann], () => {
        for (let number = 0; number < 50; number += 1) ann.socket.emit('send_message', { text: 'hello' });
      });
      const ids = ann.all('new_message').map(({ id }) => id);
      return new Set(ids).size === ids.length;
    },
    original: false,
    natter: true,
    because: 'ids',
  },
  {
    name: 'the arguments that come with a message',
    run: async (stage) => {
      const [ann] = await stage.join('ann');
      ann.socket.emit('send_message', { text: 'hello' });
      await ann.next('new_message');
      const { args } = ann.events.find(({ name }) => name === 'new_message');
      return args.map((argument) => typeof argument);
    },
    original: ['object'],
    natter: ['object', 'string'],
    because: 'offset',
  },
  ...[['empty', ''], ['of spaces', '  \n '], ['without a visible character', '\u200b']].map(([what, text]) => ({
    name: `a text ${what}`,
    run: annSends('send_message', { text }),
    original: everyoneHears('ann', text),
    natter: refused('send_message', 'empty_message'),
    because: 'emptyTexts',
  })),
  {
    name: 'a text of 4,001 characters',
    run: annSends('send_message', { text: 'x'.repeat(4_001) }),
    original: everyoneHears('ann', 'x'.repeat(4_001)),
    natter: refused('send_message', 'message_too_long'),
    because: 'longTexts',
  },
  {
    name: 'a text with a control character',
    run: annSends('send_message', { text: 'a\u0007b' }),
    original: everyoneHears('ann', 'a\u0007b'),
    natter: refused('send_message', 'control_characters'),
    because: 'controlCharacters',
  },
  ...[42, null, true, ['text'], { text: 'nested' }].map((text) => ({
    name: `a text that is ${JSON.stringify(text)}`,
    run: annSends('send_message', { text }),
    original: everyoneHears('ann', text),
    natter: refused('send_message', 'invalid_text'),
    because: 'textTypes',
  })),
  {
    name: 'a message without a text',
    run: annSends('send_message', {}),
    original: [[['new_message', { id: 'string', username: 'ann', timestamp: 'ISO 8601' }]], [['new_message', { id: 'string', username: 'ann', timestamp: 'ISO 8601' }]]],
    natter: refused('send_message', 'invalid_text'),
    because: 'textTypes',
  },
  {
    name: 'a frame of more than a megabyte',
    run: async (stage) => {
      const [ann, ben] = await stage.join('ann', 'ben');
      ann.socket.emit('send_message', { text: 'x'.repeat(1_000_001) });
      return [await ann.next('disconnect'), ben.all('new_message').length];
    },
    original: ['transport close', 0],
  },
  {
    name: 'unknown events',
    run: async (stage) => {
      const [ann, ben] = await stage.join('ann', 'ben');
      const heard = await stage.heard([ann, ben], () => {
        ann.socket.emit('message:send', { content: 'hello' });
        ann.socket.emit('typing');
        ann.socket.emit('new_message', { username: 'ben', text: 'forged' });
      });
      return [heard, ann.socket.connected];
    },
    original: [nothing, true],
    natter: [[['message:send', 'typing', 'new_message'].map((event) => ['exception', { event, code: 'unknown_event' }]), []], true],
    because: 'exceptions',
  },
  {
    name: 'an acknowledgement, if the client asks for one',
    run: async (stage) => {
      const [ann] = await stage.join('ann');
      let answer = 'none';
      await stage.heard([ann], () => ann.socket.emit('send_message', { text: 'hello' }, ({ ok }) => (answer = { ok })));
      return answer;
    },
    original: 'none',
    natter: { ok: true },
    because: 'acknowledgements',
  },
  ...['send_message', 'call_user', 'call_answer', 'ice_candidate', 'end_call'].map((event) => ({
    name: `${event} without data`,
    run: async (stage) => {
      const [ann, ben] = await stage.join('ann', 'ben');
      ann.socket.emit(event);
      await Promise.race([ann.next('disconnect'), ann.next('exception')]);
      const alive = await stage.get('/health').then(() => true, () => false);
      return { alive, connected: [ann, ben].map(({ socket }) => socket.connected && alive) };
    },
    original: { alive: false, connected: [false, false] },
    natter: { alive: true, connected: [true, true] },
    because: 'noData',
    ownServer: true,
  })),

  {
    name: 'a user who connects and one who leaves, as others see it',
    run: async (stage) => {
      const [ann] = await stage.join('ann');
      const ben = await stage.client('ben');
      await ann.until(() => stage.online(ann).length === 2, 'list with both');
      await ben.next('online_users');
      ben.socket.disconnect();
      await ann.until(() => stage.online(ann).length === 1, 'list without ben');
      return [stage.lists(ann), stage.lists(ben)];
    },
    original: [[['ann'], ['ann', 'ben'], ['ann']], [['ann', 'ben']]],
  },
  {
    name: 'the order of the list',
    run: async (stage) => {
      const zoe = await stage.client('zoe');
      await zoe.next('online_users');
      const ann = await stage.client('ann');
      await ann.until(() => stage.online(ann)?.length === 2, 'list with both');
      return stage.plain(ann.all('online_users').at(-1)).filter((name) => ['zoe', 'ann'].includes(name));
    },
    original: ['zoe', 'ann'],
    natter: ['ann', 'zoe'],
    because: 'order',
  },
  {
    name: 'a user with two tabs who closes one',
    run: async (stage) => {
      const [ann, ben] = await stage.join('ann', 'ben');
      const second = stage.clientWith(ben.token);
      await second.next('online_users');
      const heard = ann.events.length;
      ben.socket.disconnect();
      await stage.client('last');
      await ann.until(() => stage.online(ann).includes(stage.name('last')), 'list with the last');
      return stage.lists(ann, heard).at(-1);
    },
    original: ['ann', 'last'],
    natter: ['ann', 'ben', 'last'],
    because: 'tabs',
  },
  {
    name: 'a second tab, as others see it',
    run: async (stage) => {
      const [ann, ben] = await stage.join('ann', 'ben');
      // Once cat is in Ann's list, Ann has received every earlier event.
      await stage.client('cat');
      await ann.until(() => stage.online(ann).length === 3, 'list with all three');
      const known = ann.all('online_users').length;
      const second = stage.clientWith(ben.token);
      await second.next('online_users');
      await stage.settle([ann, ben, second]);
      const lists = ann.all('online_users').map(String).slice(known - 1);
      return { unchanged: lists.some((list, index) => list === lists[index - 1]) };
    },
    original: { unchanged: true },
    natter: { unchanged: false },
    because: 'unchangedLists',
  },
  {
    name: 'a message to a user with two tabs',
    run: async (stage) => {
      const [ann, ben] = await stage.join('ann', 'ben');
      const second = stage.clientWith(ben.token);
      await second.next('online_users');
      return stage.heard([ann, ben, second], () => ann.socket.emit('send_message', { text: 'hello' }));
    },
    original: [[message('ann', 'hello')], [message('ann', 'hello')], [message('ann', 'hello')]],
  },
  {
    name: 'a connection that is lost for a moment, as others see it',
    run: async (stage) => {
      const [ann] = await stage.join('ann');
      const ben = await stage.client('ben', { reconnectionDelay: 100, reconnectionDelayMax: 100 });
      await ann.until(() => stage.online(ann).length === 2, 'list with both');
      await ben.next('online_users');
      const heard = ann.events.length;
      ben.lose();
      await ben.next('disconnect');
      await ben.until(() => ben.all('connect').length === 2, 'second connection');
      await ben.until(() => ben.events.slice(ben.events.findLastIndex(({ name }) => name === 'connect')).some(({ name }) => name === 'online_users'), 'list after it');
      await stage.settle([ann, ben]);
      return stage.lists(ann, heard);
    },
    original: [['ann'], ['ann', 'ben']],
    natter: [],
    because: 'grace',
  },
  {
    name: 'a list of messages after an outage, if the history replaces it',
    run: async (stage) => {
      const [ann] = await stage.join('ann');
      // Like the original frontend, which reconnects on its own schedule.
      const ben = await stage.client('ben', { reconnection: false });
      let shown = [];
      ben.socket.on('message_history', (history) => (shown = [...history]));
      ben.socket.on('new_message', (message) => shown.push(message));
      await ann.until(() => stage.online(ann).length === 2, 'list with both');
      ann.socket.emit('send_message', { text: 'before' });
      await ben.next('new_message', ({ text }) => text === 'before');
      ben.lose();
      await ben.next('disconnect');
      for (const text of ['one', 'two']) ann.socket.emit('send_message', { text });
      await ann.next('new_message', ({ text }) => text === 'two');
      ben.socket.connect();
      await ben.until(() => ben.all('message_history').length === 2, 'second history');
      ann.socket.emit('send_message', { text: 'after' });
      await ben.next('new_message', ({ text }) => text === 'after');
      const own = shown.filter(({ username }) => username === stage.name('ann'));
      return own.map(({ text }) => text);
    },
    original: ['before', 'one', 'two', 'after'],
  },
  {
    name: 'the messages missed by a client that reconnects',
    run: async (stage) => {
      const [ann] = await stage.join('ann');
      const ben = await stage.client('ben', { reconnection: false });
      await ben.next('online_users');
      ann.socket.emit('send_message', { text: 'before' });
      await ben.next('new_message');
      const { id } = ben.socket;
      ben.lose();
      await ben.next('disconnect');
      ben.socket.connect();
      await ben.until(() => ben.all('message_history').length === 2, 'second history');
      return { recovered: ben.socket.recovered === true, sameId: ben.socket.id === id };
    },
    original: { recovered: false, sameId: false },
    natter: { recovered: true, sameId: true },
    because: 'recovery',
  },
];
