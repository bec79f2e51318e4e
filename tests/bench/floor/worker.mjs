// The floor: the least that a Durable Object can do as a Socket.IO server. It frames by hand, authenticates no one and tracks no
// presence. With `DURABLE` set, each message costs one INSERT and is acknowledged after it. Ids ascend with time, so every row is
// appended to the table.
import { DurableObject } from 'cloudflare:workers';

const pingInterval = 25_000;
const separator = '\x1e';

export default {
  fetch(request, env) {
    if (new URL(request.url).pathname === '/health') return new Response('ok');
    return env.ROOM.getByName('main').fetch(request);
  },
};

export class Room extends DurableObject {
  /** The polling clients: their queued packets, and the function that answers a waiting poll. */
  polling = new Map();

  constructor(ctx, env) {
    super(ctx, env);
    if (env.DURABLE) ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, username TEXT, text TEXT) WITHOUT ROWID');
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('3', '6'));
  }

  async fetch(request) {
    if (request.headers.get('upgrade') === null) return this.poll(request);
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    server.send(handshake(crypto.randomUUID()));
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + pingInterval);
    return new Response(null, { status: 101, webSocket: client });
  }

  async poll(request) {
    const sid = new URL(request.url).searchParams.get('sid');
    if (sid === null) {
      const sid = crypto.randomUUID();
      this.polling.set(sid, { packets: [] });
      return new Response(handshake(sid));
    }
    const session = this.polling.get(sid);
    if (request.method === 'POST') {
      if ((await request.text()).startsWith('40')) tell(session, `40{"sid":"${crypto.randomUUID()}"}`);
      return new Response('ok');
    }
    if (session.packets.length === 0) await new Promise((resolve) => (session.answer = resolve));
    return new Response(session.packets.splice(0).join(separator));
  }

  webSocketMessage(webSocket, frame) {
    if (frame.startsWith('42')) this.message(webSocket, frame);
    else if (frame.startsWith('40')) webSocket.send(`40{"sid":"${crypto.randomUUID()}"}`);
  }

  message(webSocket, frame) {
    const [, acknowledgement, event] = /^42(\d*)(.*)$/s.exec(frame);
    const message = { id: uuidv7(), username: 'floor', text: JSON.parse(event)[1].text, timestamp: new Date().toISOString() };
    if (this.env.DURABLE) {
      this.ctx.storage.sql.exec('INSERT INTO messages VALUES (?, ?, ?)', message.id, message.username, message.text);
    }
    if (acknowledgement) webSocket.send(`43${acknowledgement}${JSON.stringify([{ ok: true, message }])}`);
    const packet = `42${JSON.stringify(['new_message', message])}`;
    for (const other of this.ctx.getWebSockets()) other.send(packet);
    for (const session of this.polling.values()) tell(session, packet);
  }

  webSocketClose(webSocket) {
    webSocket.close();
  }

  async alarm() {
    const webSockets = this.ctx.getWebSockets();
    for (const webSocket of webSockets) webSocket.send('2');
    if (webSockets.length > 0) await this.ctx.storage.setAlarm(Date.now() + pingInterval);
  }
}

const handshake = (sid) => `0{"sid":"${sid}","upgrades":[],"pingInterval":${pingInterval},"pingTimeout":20000,"maxPayload":1000000}`;

function tell(session, packet) {
  session.packets.push(packet);
  session.answer?.();
}

/** Returns a random id whose first 48 bits are the time in milliseconds. */
function uuidv7() {
  const millis = Date.now().toString(16).padStart(12, '0');
  return `${millis.slice(0, 8)}-${millis.slice(8)}-7${crypto.randomUUID().slice(15)}`;
}
