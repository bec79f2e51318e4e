// Takes the pictures for `npm run screenshots`, of all scenes or of those named as arguments.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser } from '../../tests/browser/support/browser.mjs';
import { colorSchemes, devices, fill, scenes } from '../../tests/browser/support/scenes.mjs';
import { openChatroom } from '../../tests/worker/support/chatroom.mjs';
import { root } from './paths.mjs';
import { webFolder } from './web-build.mjs';

const folder = join(root, 'screenshots');
mkdirSync(folder, { recursive: true });

const wanted = process.argv.slice(2);
const chosen = scenes.filter(({ name }) => wanted.length === 0 || wanted.includes(name));

const browser = await launchBrowser();
let pictures = 0;
try {
  for (const [device, options] of Object.entries(devices)) {
    for (const { name, set } of chosen) {
      // Each scene has its own room, so that no picture shows what an earlier scene left behind.
      const room = await openChatroom({ page: webFolder });
      try {
        const clients = await fill(room);
        const context = await browser.newContext({ ...options, locale: 'en-GB', reducedMotion: 'reduce' });
        const page = await context.newPage();
        await page.goto(room.url);
        await set(page, { username: 'Marigold', clients });
        for (const colorScheme of colorSchemes) {
          await page.emulateMedia({ colorScheme });
          await page.screenshot({ path: join(folder, `${name}-${device}-${colorScheme}.png`) });
          pictures += 1;
        }
        await context.close();
      } finally {
        await room.close();
      }
    }
  }
} finally {
  await browser.close();
}
console.log(`${pictures} in ${folder}`);
