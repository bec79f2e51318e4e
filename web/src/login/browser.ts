// The login keeper in a browser, with what other tabs do.
import { Api } from './api.ts';
import { LoginKeeper } from './login.ts';

/** How long a tab says that a refresh token is spent, and how long another one waits for the news in between, in milliseconds. */
const spentMs = 10_000;
const newsMs = 100;

const spentLock = (refreshToken: string) => `natter.spent.${refreshToken}`;

/**
 * The one login keeper of the page.
 *
 * Tabs are processes with copies of the storage, and a lock may change hands before a copy is up to date. Locks are kept in one
 * place, so the one who has spent a token holds another lock that says so.
 */
export function keepLogin(apiUrl: string): LoginKeeper {
  const keeper = new LoginKeeper(new Api(apiUrl), {
    storage: localStorage,
    // Only pages that came securely have locks. Without, tabs that renew in the same moment may be logged out.
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
