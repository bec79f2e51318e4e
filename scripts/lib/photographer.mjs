// Takes the pictures for `npm run screenshots`, of all scenes or of those named as arguments. With --docs, it also updates the
// pictures in docs/images.
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser } from '../../tests/browser/support/browser.mjs';
import { colorSchemes, devices, fill, scenes } from '../../tests/browser/support/scenes.mjs';
import { openChatroom } from '../../tests/worker/support/chatroom.mjs';
import { root } from './paths.mjs';
import { Refusal, script } from './steps.mjs';
import { webFolder } from './web-build.mjs';

const folder = join(root, 'screenshots');
const documented = join(root, 'docs', 'images');

await script(async () => {
  const args = process.argv.slice(2);
  const updatesDocs = args.includes('--docs');
  const chosen = chosenScenes(args.filter((arg) => arg !== '--docs'));

  mkdirSync(folder, { recursive: true });
  const browser = await launchBrowser();
  const pictures = [];
  try {
    for (const [device, options] of Object.entries(devices)) {
      for (const scene of chosen) pictures.push(...(await photograph(browser, scene, device, options)));
    }
  } finally {
    await browser.close();
  }
  const inDocs = pictures.filter((picture) => updatesDocs && existsSync(join(documented, picture)));
  for (const picture of inDocs) copyFileSync(join(folder, picture), join(documented, picture));
  console.log(`${pictures.length} in ${folder}${updatesDocs ? `, ${inDocs.length} in ${documented}` : ''}`);
});

function chosenScenes(names) {
  const unknown = names.find((wish) => !scenes.some(({ name }) => name === wish));
  if (unknown) throw new Refusal(`There is no scene "${unknown}"; there are ${scenes.map(({ name }) => name).join(', ')}.`);
  return scenes.filter(({ name }) => names.length === 0 || names.includes(name));
}

/** Takes the pictures of one scene on one device. Resolves to the names of their files. */
async function photograph(browser, { name, set }, device, options) {
  // Each scene has its own room, so that no picture shows what an earlier scene left behind.
  const room = await openChatroom({ page: webFolder });
  try {
    const clients = await fill(room);
    const context = await browser.newContext({ ...options, locale: 'en-GB', reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.goto(room.url);
    await set(page, { username: 'Marigold', clients });
    const pictures = [];
    for (const colorScheme of colorSchemes) {
      await page.emulateMedia({ colorScheme });
      pictures.push(`${name}-${device}-${colorScheme}.png`);
      await page.screenshot({ path: join(folder, pictures.at(-1)) });
    }
    await context.close();
    return pictures;
  } finally {
    await room.close();
  }
}
