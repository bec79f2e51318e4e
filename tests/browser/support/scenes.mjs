// The main states of the web client, for the screenshots and the accessibility checks.
import { eventually, fillIn, message, register, say } from './browser.mjs';

/** The devices, as options of browser contexts. */
export const devices = {
  desktop: { viewport: { width: 1180, height: 780 } },
  phone: { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

export const colorSchemes = ['light', 'dark'];

const talk = [
  ['Noor', 'Morning! Did the new sign arrive?'],
  ['Noor', 'The one for the window.'],
  ['Ben', 'It did. Bigger than I thought, and the colour is right this time.'],
  ['Zoë', '🎉'],
  ['Σοφία', 'I can help to put it up on Thursday, any time after ten.'],
  ['Ben', 'Thursday it is. The drawings are at https://example.com/sign/drawings?page=2 if you want to see how it hangs.'],
  ['سلمى', 'سأحضر السلم معي يوم الخميس.'],
  ['Noor', 'Perfect, thank you both.\nI bring the long screws, the level and coffee.'],
];

/** The other users in the room. */
export const others = [...new Set(talk.map(([username]) => username))];

/** Makes the others talk in a room from `openChatroom`. Resolves to their clients by name. */
export async function fill(room) {
  const clients = Object.fromEntries(await Promise.all(others.map(async (username) => [username, await room.join(username)])));
  for (const [username, text] of talk) await clients[username].ask('send_message', { text });
  return clients;
}

/**
 * The scenes. `set(page, stage)` prepares one on a page that shows the site; `stage` has a free `username` and the `clients` of the
 * others.
 */
export const scenes = [
  {
    name: 'log-in',
    set: (page) => page.getByRole('button', { name: 'Log in' }).waitFor(),
  },
  {
    name: 'register-refused',
    async set(page) {
      await page.getByRole('button', { name: 'Create an account' }).click();
      await fillIn(page, others[0]);
      await page.getByRole('button', { name: 'Register' }).click();
      await page.getByText('This username is already taken.').waitFor();
    },
  },
  {
    name: 'conversation',
    async set(page, { username }) {
      await register(page, username);
      await message(page, 'long screws').waitFor();
      await say(page, 'I will be there at ten, with the drill.');
      await say(page, 'And biscuits.');
      await message(page, 'biscuits').waitFor();
      await page.locator('.message.sent', { hasText: 'biscuits' }).waitFor();
    },
  },
  {
    name: 'not-sent',
    async set(page, { username }) {
      await register(page, username);
      await say(page, 'A bell \u0007 nobody can hear');
      await page.getByText('Not sent.').waitFor();
      await page.getByRole('textbox', { name: 'Message' }).fill(`${'Almost too long. '.repeat(220)}And on it goes.`);
    },
  },
  {
    name: 'scrolled-up',
    async set(page, { username, clients }) {
      await register(page, username);
      for (let line = 1; line <= 12; line++) await say(page, `Line ${line} of a list that is long enough to be scrolled.`);
      await page.locator('.message.sent', { hasText: 'Line 12' }).waitFor();
      await page.getByRole('log').evaluate((log) => log.scrollTo(0, log.scrollHeight / 4));
      await page.getByRole('button', { name: 'Jump to the latest message' }).waitFor();
      await clients.Noor.ask('send_message', { text: 'Somebody at the door!' });
      await page.getByRole('button', { name: '1 new message' }).waitFor();
    },
  },
  {
    name: 'offline',
    async set(page, { username }) {
      await register(page, username);
      await page.context().setOffline(true);
      await page.getByText("You're offline.").waitFor();
      await say(page, 'This waits until I am back.');
      await message(page, 'This waits').waitFor();
    },
  },
  {
    name: 'people',
    async set(page, { username }) {
      await register(page, username);
      await showPeople(page);
    },
  },
  {
    name: 'account',
    async set(page, { username }) {
      await register(page, username);
      await page.getByRole('button', { name: `Account of ${username}` }).click();
      await page.getByRole('button', { name: 'Log out' }).waitFor();
    },
  },
  {
    name: 'password',
    async set(page, { username }) {
      await register(page, username);
      await page.getByRole('button', { name: `Account of ${username}` }).click();
      await page.getByRole('button', { name: 'Change password' }).click();
      await page.getByRole('textbox', { name: 'Current password' }).fill('not the right one');
      await page.getByRole('textbox', { name: 'New password' }).fill('another correct horse');
      await page.getByRole('dialog').getByRole('button', { name: 'Change password' }).click();
      await page.getByText('The current password is wrong.').waitFor();
    },
  },
  {
    name: 'calling',
    async set(page, { username }) {
      await register(page, username);
      await showPeople(page);
      await page.getByRole('button', { name: 'Call Noor' }).click();
      await page.getByRole('dialog', { name: 'Calling Noor' }).waitFor();
    },
  },
  {
    name: 'ringing',
    set: letNoorCall,
  },
  {
    name: 'missed-call',
    async set(page, { username, clients }) {
      await letNoorCall(page, { username, clients });
      await clients.Noor.ask('end_call', { to: username });
      await page.getByText('You missed a call from Noor.').waitFor();
    },
  },
  {
    name: 'in-a-call',
    set: callTheNeighbour,
  },
  {
    name: 'call-minimised',
    async set(page, { username }) {
      await callTheNeighbour(page, { username });
      await page.getByRole('button', { name: 'Minimise' }).click();
      await page.getByRole('button', { name: 'Show call' }).waitFor();
    },
  },
  {
    name: 'call-devices',
    async set(page, { username }) {
      await callTheNeighbour(page, { username });
      await page.getByRole('button', { name: 'Devices' }).click();
      await page.getByRole('dialog', { name: 'Devices' }).waitFor();
    },
  },
];

/** An offer that no one will accept. */
const offer = { type: 'offer', sdp: 'v=0' };

async function letNoorCall(page, { username, clients }) {
  await register(page, username);
  await message(page, 'long screws').waitFor();
  await page.getByRole('textbox', { name: 'Message' }).fill('I am just writing that');
  await clients.Noor.ask('call_user', { to: username, offer });
  await page.getByRole('button', { name: 'Accept' }).waitFor();
}

/** Opens a second page that calls, and answers the call. */
async function callTheNeighbour(page, { username }) {
  await register(page, username);
  const other = await page.context().browser().newPage();
  page.context().once('close', () => other.context().close());
  await other.goto(page.url());
  await register(other, `${username}-too`);
  await other.getByRole('button', { name: `Call ${username}` }).click();
  await page.getByRole('button', { name: 'Accept' }).click();
  await eventually(page, () => document.querySelector('.call-remote')?.videoWidth > 0 && !document.querySelector('.call-cover'));
}

/** Shows the user list, which is behind a button on phones. */
async function showPeople(page) {
  const button = page.getByRole('button', { name: 'online' });
  if (await button.isVisible()) await button.click();
  await page.getByRole('listitem').filter({ hasText: 'you' }).first().waitFor();
}
