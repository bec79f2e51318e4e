// The session keeper in a browser, with what other tabs do.
import { Api } from './api.ts';
import { SessionKeeper } from './session.ts';

/** The one session keeper of the page. */
export function keepSession(apiUrl: string): SessionKeeper {
  const keeper = new SessionKeeper(new Api(apiUrl), {
    storage: localStorage,
    // Only pages that came securely have locks. Without, tabs that renew in the same moment may be logged out.
    exclusively: async (work) => (navigator.locks ? navigator.locks.request('natter.session', work) : work()),
    now: () => Date.now(),
  });
  addEventListener('storage', () => keeper.adoptStored());
  document.addEventListener('visibilitychange', () => document.hidden || keeper.adoptStored());
  return keeper;
}
