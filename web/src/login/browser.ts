// The login keeper of a page, coordinated with other tabs.
import { Api } from './api.ts';
import { LoginKeeper } from './login.ts';

/** How long a tab reports a refresh token as spent, and how long others wait before checking again, in milliseconds. */
const spentMs = 10_000;
const newsMs = 100;

const spentLock = (refreshToken: string) => `natter.spent.${refreshToken}`;

/**
 * Creates the login keeper of the page.
 *
 * Each tab's process has its own copy of the storage, and a lock may change hands before the copy is up to date. Locks have no
 * copies, so a tab that has spent a refresh token holds a second lock named after it.
 */
export function keepLogin(apiUrl: string): LoginKeeper {
  const keeper = new LoginKeeper(new Api(apiUrl), {
    storage: localStorage,
    // Only secure pages have locks. Elsewhere, tabs that renew at the same moment may be logged out.
    exclusively: async (work) => (navigator.locks ? navigator.locks.request('natter.session', work) : work()),
    markSpent: (refreshToken) => new Promise((resolve) => {
      if (!navigator.locks) return resolve();
      void navigator.locks.request(spentLock(refreshToken), { mode: 'shared' }, () => {
        resolve();
        return new Promise((end) => setTimeout(end, spentMs));
      });
    }),
    isSpent: async (refreshToken) => {
      const { held } = (await navigator.locks?.query()) ?? {};
      return held?.some(({ name }) => name === spentLock(refreshToken)) ?? false;
    },
    storageChange: () => new Promise((resolve) => {
      const timer = setTimeout(() => settle(), newsMs);
      const settle = () => {
        clearTimeout(timer);
        removeEventListener('storage', settle);
        resolve();
      };
      addEventListener('storage', settle);
    }),
    now: () => Date.now(),
  });
  addEventListener('storage', () => keeper.adoptStored());
  document.addEventListener('visibilitychange', () => document.hidden || keeper.adoptStored());
  return keeper;
}
