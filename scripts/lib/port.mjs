// The port of local runs.
import { createServer } from 'node:net';
import { Refusal } from './steps.mjs';

const defaultPort = 8787;

export function chosenPort() {
  const text = process.env.PORT;
  if (text === undefined || text === '') return defaultPort;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) {
    throw new Refusal(`PORT is "${text}", but must be a whole number from 1 to 65535: unset it to use ${defaultPort}, or choose another.`);
  }
  return port;
}

export function requireFreePort(host, port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) =>
      reject(
        new Refusal(
          error.code === 'EACCES'
            ? `Port ${port} needs more rights than you have: choose one above 1023, for example \`PORT=8788 npm start\`.`
            : `Port ${port} is in use: stop the program that listens there, or choose another port, for example \`PORT=${port === 8788 ? 8789 : 8788} npm start\`.`,
        ),
      ),
    );
    server.listen(port, host, () => server.close(resolve));
  });
}
