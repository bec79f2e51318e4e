// Finds or installs Chromium for the tests in a real browser.
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

/** Returns the path of the program; undefined if there is none. The variable `CHROMIUM` overrides it. */
export function findChromium() {
  return process.env.CHROMIUM || places.find((place) => existsSync(place));
}

/** Installs Chromium if it is missing. Resolves to the path of the program. */
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
    ? 'Chromium cannot be downloaded: connect to the network and run the command again.'
    : 'apt-get could not install Chromium: install Chromium or Chrome, or name one in the variable CHROMIUM, and run the command again.';
  throw new Refusal(sentence, { log: output });
}
