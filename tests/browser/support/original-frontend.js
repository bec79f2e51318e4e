// A frontend that does what the public one of the original server does, and knows nothing of Natter. Its query parameters are
// - `server`: the URL of the server
// - `reconnect=by-hand`: WebSocket only, with its own attempts to reconnect instead of the library's
// - `offer=late`: sends the offer after all candidates
const query = new URLSearchParams(location.search);
const server = query.get('server');
const byHand = query.get('reconnect') === 'by-hand';
const lateOffer = query.get('offer') === 'late';

const element = (id) => document.getElementById(id);
const show = (text) => (element('toast').textContent = text);

// Accounts

async function authenticate(route, username, password) {
  const response = await fetch(`${server}/api/auth/${route}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  const body = await response.json();
  if (!response.ok) throw new Error(body.error);
  localStorage.setItem('authToken', body.token);
  localStorage.setItem('authUser', JSON.stringify({ username: body.username }));
  show(body.message);
  enter();
}

element('register').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { username, password } = Object.fromEntries(new FormData(event.target));
  try {
    await authenticate('register', username.trim(), password);
  } catch ({ message }) {
    show(message.toLowerCase().includes('username') ? 'This username is already taken' : message);
  }
});

element('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(event.target));
  try {
    // The e-mail address is the username.
    await authenticate('login', email, password);
  } catch ({ message }) {
    show(message);
  }
});

element('logout').addEventListener('click', () => {
  localStorage.clear();
  socket.disconnect();
  render();
});

const me = () => JSON.parse(localStorage.getItem('authUser'))?.username;

function render() {
  document.querySelector('main').hidden = !me();
  for (const id of ['register', 'login']) element(id).hidden = Boolean(me());
}

// Chat

let socket;
let attempts = 0;

function enter() {
  render();
  const auth = { token: localStorage.getItem('authToken') };
  socket = byHand ? io(server, { auth, transports: ['websocket'], reconnection: false }) : io(server, { auth });
  const status = (text) => () => (document.body.dataset.status = text);
  socket.on('connect', status('connected'));
  socket.on('disconnect', status('disconnected'));
  socket.on('connect_error', status('error'));
  if (byHand) comeBackByHand();

  let histories = 0;
  socket.on('message_history', (messages) => {
    element('messages').replaceChildren(...messages.map(line));
    document.body.dataset.histories = histories += 1;
  });
  socket.on('new_message', (message) => element('messages').append(line(message)));
  socket.on('online_users', (usernames) => {
    element('online').replaceChildren(...usernames.map((username) => {
      const item = document.createElement('li');
      item.textContent = username;
      if (username !== me()) item.addEventListener('click', () => call(username));
      return item;
    }));
  });
  socket.on('incoming_call', ring);
  socket.on('call_answered', ({ answer }) => peer?.setRemoteDescription(new RTCSessionDescription(answer)));
  socket.on('ice_candidate', async ({ candidate }) => {
    // A candidate without a matching connection is lost.
    await peer?.addIceCandidate(new RTCIceCandidate(candidate)).catch(({ message }) => show(message));
  });
  socket.on('call_ended', ({ from }) => {
    show(`${from} ended the call`);
    hangUp();
  });
}

// The public frontend stops after five attempts. This one continues, because a busy machine may start a server slowly.
function comeBackByHand() {
  const later = () => {
    setTimeout(() => socket.connected || socket.connect(), Math.min(4000, 1000 * 2 ** attempts));
    attempts += 1;
  };
  socket.on('connect', () => (attempts = 0));
  socket.on('connect_error', later);
  socket.on('disconnect', (reason) => reason !== 'io server disconnect' && reason !== 'io client disconnect' && later());
}

function line({ id, username, text, timestamp }) {
  const item = document.createElement('li');
  item.textContent = `${username}: ${text}`;
  item.dataset.id = id;
  item.title = new Date(timestamp).toISOString();
  return item;
}

element('send').addEventListener('submit', (event) => {
  event.preventDefault();
  if (!socket.connected) return show('Cannot send message: not connected to chat');
  socket.emit('send_message', { text: new FormData(event.target).get('text') });
  event.target.reset();
});

// Calls

let peer;
let local;
let other;
let ringing;

async function open(username) {
  other = username;
  local = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  peer = new RTCPeerConnection();
  for (const track of local.getTracks()) peer.addTrack(track, local);
  peer.onicecandidate = ({ candidate }) => candidate && socket.emit('ice_candidate', { to: username, candidate: candidate.toJSON() });
  peer.ontrack = ({ streams: [stream] }) => (element('remote').srcObject = stream);
  element('call').hidden = false;
}

async function call(username) {
  await open(username);
  const gathered = new Promise((resolve) => peer.addEventListener('icegatheringstatechange', () => peer.iceGatheringState === 'complete' && resolve()));
  const offer = await peer.createOffer();
  await peer.setLocalDescription(offer);
  if (lateOffer) await gathered;
  socket.emit('call_user', { to: username, offer });
}

function ring({ from, offer }) {
  other = from;
  ringing = offer;
  show(`${from} is calling`);
  element('accept').hidden = false;
  element('call').hidden = false;
}

element('accept').addEventListener('click', async () => {
  element('accept').hidden = true;
  await open(other);
  await peer.setRemoteDescription(new RTCSessionDescription(ringing));
  const answer = await peer.createAnswer();
  await peer.setLocalDescription(answer);
  socket.emit('call_answer', { to: other, answer });
});

element('end').addEventListener('click', () => {
  socket.emit('end_call', { to: other });
  hangUp();
});

function hangUp() {
  peer?.close();
  local?.getTracks().forEach((track) => track.stop());
  [peer, local, ringing] = [];
  element('remote').srcObject = null;
  element('accept').hidden = true;
  element('call').hidden = true;
}

render();
if (me()) enter();
