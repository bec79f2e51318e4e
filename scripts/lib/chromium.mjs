// A Chromium for the tests that need a real browser.
import { existsSync } from 'node:fs';
import { aptInstall, canAptInstall } from './apt.mjs';
import { saysOffline } from './command.mjs';
import { Refusal } from './steps.mjs';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** The program, or undefined where there is none. `CHROMIUM` names another one. */
export function findChromium() {
  return process.env.CHROMIUM || places.find((place) => existsSync(place));
}

/** Installs one where that can be done. Resolves to the program. */
export async function requireChromium(announce) {
  const found = findChromium();
  if (found) return found;
  if (!(await canAptInstall())) {
    throw new Refusal('The browser tests need Chromium or Chrome: install one, or name it in the variable CHROMIUM, and run the command again.');
  }
  announce("installing Debian's Chromium");
  const { code, output } = await aptInstall(['chromium', 'fonts-dejavu-core', 'fonts-noto-color-emoji']);
  if (code === 0 && findChromium()) return findChromium();
  const sentence = saysOffline(output)
    ? 'Chromium has to be fetched once and cannot be: connect to the network and run the command again.'
    : 'Chromium could not be installed by apt-get: install Chromium or Chrome, or name one in the variable CHROMIUM, and run the command again.';
  throw new Refusal(sentence, { log: output });
}
