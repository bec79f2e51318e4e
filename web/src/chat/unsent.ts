// Drafts and unsent messages. sessionStorage keeps them across a reload of the tab, until the login of their user ends.

const draftPrefix = 'natter.draft.';
const outboxPrefix = 'natter.outbox.';

export const draftKey = (username: string) => `${draftPrefix}${username}`;
export const outboxKey = (username: string) => `${outboxPrefix}${username}`;

/** Removes the drafts and unsent messages of everyone but this user. */
export function discardUnsent(except: string | undefined): void {
  const kept = except === undefined ? [] : [draftKey(except), outboxKey(except)];
  for (const key of Object.keys(sessionStorage)) {
    const isUnsent = key.startsWith(draftPrefix) || key.startsWith(outboxPrefix);
    if (isUnsent && !kept.includes(key)) sessionStorage.removeItem(key);
  }
}
