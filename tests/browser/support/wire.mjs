// Lets a test disturb the WebSocket between a page and its server.

/**
 * A wire. Pass `prepare` to `visit`. A page begins by polling, which the wire does not reach, so wait until it has `upgraded`.
 */
export class Wire {
  /** Decides whether a frame from the server arrives. */
  arrives = () => true;
  #held;
  #ends = [];
  #upgrade;
  upgraded = new Promise((resolve) => (this.#upgrade = resolve));

  prepare = (page) => page.routeWebSocket(/socket\.io/, (client) => {
    const server = client.connectToServer();
    this.#ends = [client, server];
    client.onMessage((frame) => {
      server.send(frame);
      // The upgrade packet of Engine.IO v4, after which everything uses the WebSocket.
      if (frame === '5') this.#upgrade();
    });
    server.onMessage((frame) => {
      if (!this.arrives(String(frame))) return;
      if (this.#held) this.#held.push(() => client.send(frame));
      else client.send(frame);
    });
  });

  /** Holds frames from the server back until `release`. */
  hold() {
    this.#held = [];
  }

  release() {
    const frames = this.#held;
    this.#held = undefined;
    for (const send of frames) send();
  }

  /** Hands the page an event that the server did not send. */
  inject(name, data) {
    const [client] = this.#ends;
    client.send(`42${JSON.stringify([name, data])}`);
  }

  /** Cuts the current connection. */
  cut() {
    return Promise.all(this.#ends.map((end) => end.close()));
  }
}
