// A competitor in the benchmark: the chat as commonly written for Node, like the server that Natter replaces. It keeps everything
// in memory, and sends the whole user list to everyone at each change. Prints its port once it listens.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import bcrypt from 'bcryptjs';
import cors from 'cors';
import express from 'express';
import jwt from 'jsonwebtoken';
import { Server } from 'socket.io';

const secret = process.env.JWT_SECRET;
const historyLimit = 50;
const passwordCost = 10;

const users = new Map();
const messages = [];
/** The sockets of each online user. */
const online = new Map();

const app = express();
app.use(cors());
app.use(express.json());

app.get('/health', (_, response) => response.json({ status: 'ok', timestamp: new Date().toISOString() }));

app.post('/api/auth/register', async ({ body: { username, password } }, response) => {
  if (users.has(username)) return response.status(409).json({ error: 'That name is taken.', code: 'username_taken' });
  users.set(username, await bcrypt.hash(password, passwordCost));
  response.status(201).json({ token: tokenFor(username), username });
});

app.post('/api/auth/login', async ({ body: { username, password } }, response) => {
  const hash = users.get(username);
  if (!hash || !(await bcrypt.compare(password, hash))) {
    return response.status(401).json({ error: 'Wrong name or password.', code: 'invalid_credentials' });
  }
  response.json({ token: tokenFor(username), username });
});

function tokenFor(username) {
  return jwt.sign({ username }, secret, { expiresIn: '7d' });
}

const http = createServer(app);
const io = new Server(http, { cors: { origin: '*' } });

io.use((socket, next) => {
  try {
    socket.data.username = jwt.verify(socket.handshake.auth.token, secret).username;
    next();
  } catch {
    next(new Error('Authentication error'));
  }
});

io.on('connection', (socket) => {
  const { username } = socket.data;
  const sockets = online.get(username) ?? new Set();
  online.set(username, sockets.add(socket.id));
  socket.emit('message_history', messages.slice(-historyLimit));
  io.emit('online_users', [...online.keys()]);

  socket.on('send_message', ({ text }, acknowledge) => {
    const message = { id: randomUUID(), username, text, timestamp: new Date().toISOString() };
    messages.push(message);
    if (messages.length > 2 * historyLimit) messages.splice(0, historyLimit);
    io.emit('new_message', message);
    acknowledge?.({ ok: true, message });
  });
  relay(socket, 'call_user', 'incoming_call', 'offer');
  relay(socket, 'call_answer', 'call_answered', 'answer');
  relay(socket, 'ice_candidate', 'ice_candidate', 'candidate');
  relay(socket, 'end_call', 'call_ended');

  socket.on('disconnect', () => {
    sockets.delete(socket.id);
    if (sockets.size > 0) return;
    online.delete(username);
    io.emit('online_users', [...online.keys()]);
  });
});

/** Relays an event to every socket of the user `to`. */
function relay(socket, event, as, field) {
  socket.on(event, (data) => {
    const rooms = [...(online.get(data.to) ?? [])];
    if (rooms.length > 0) io.to(rooms).emit(as, { from: socket.data.username, ...(field && { [field]: data[field] }) });
  });
}

http.listen(0, '127.0.0.1', () => console.log(http.address().port));
