// The floor: as little as a Durable Object can do and still be a Socket.IO server. It frames by hand, checks nobody, keeps no
// account of presence and knows no polling. With `durable` set each message costs one INSERT, and is acknowledged after it.
import { DurableObject } from 'cloudflare:workers';

const pingInterval = 25_000;

export default {
  fetch(request, env) {
    if (new URL(request.url).pathname === '/health') return new Response('ok');
    return env.ROOM.getByName('main').fetch(request);
  },
};

export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    if (env.DURABLE) ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, username TEXT, text TEXT) WITHOUT ROWID');
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('3', '6'));
  }

  async fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    server.send(`0{"sid":"${crypto.randomUUID()}","upgrades":[],"pingInterval":${pingInterval},"pingTimeout":20000,"maxPayload":1000000}`);
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + pingInterval);
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(webSocket, frame) {
    if (frame.startsWith('42')) this.message(webSocket, frame);
    else if (frame.startsWith('40')) webSocket.send(`40{"sid":"${crypto.randomUUID()}"}`);
  }

  message(webSocket, frame) {
    const [, acknowledgement, event] = /^42(\d*)(.*)$/s.exec(frame);
    const message = { id: crypto.randomUUID(), username: 'floor', text: JSON.parse(event)[1].text, timestamp: new Date().toISOString() };
    if (this.env.DURABLE) {
      this.ctx.storage.sql.exec('INSERT INTO messages VALUES (?, ?, ?)', message.id, message.username, message.text);
    }
    if (acknowledgement) webSocket.send(`43${acknowledgement}${JSON.stringify([{ ok: true, message }])}`);
    const packet = `42${JSON.stringify(['new_message', message])}`;
    for (const other of this.ctx.getWebSockets()) other.send(packet);
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
