// The wire between a page and its server, in the hands of a test.

/**
 * Give `prepare` to `visit`. A page begins by polling, which none of this reaches: wait until it is `upgraded` to its WebSocket
 * before disturbing that.
 */
export class Wire {
  /** Whether a frame of the server arrives. */
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
      // The upgrade packet (Engine.IO v4), after which all goes this way.
      if (frame === '5') this.#upgrade();
    });
    server.onMessage((frame) => {
      if (!this.arrives(String(frame))) return;
      if (this.#held) this.#held.push(() => client.send(frame));
      else client.send(frame);
    });
  });

  /** From now on what the server says is on its way, until `release`. */
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

  /** Cuts the connection there is. */
  cut() {
    return Promise.all(this.#ends.map((end) => end.close()));
  }
}
