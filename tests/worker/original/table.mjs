// What the original server answers, row by row, and what Natter answers where it differs on purpose.
import { accounts } from './accounts.mjs';
import { calls } from './calls.mjs';
import { chat } from './chat.mjs';
import { http } from './http.mjs';

/**
 * A row is
 * - `name`: what is done
 * - `run(stage)`: does it, and resolves to the facts of it as JSON
 * - `original`: the facts of the original server
 * - `natter`, `because`: where Natter differs, its facts and the key of the difference; elsewhere they are the same
 * - `ownServer`: whether it needs an original server of its own: one that it ends, or one that has never seen its users
 */
export const table = { accounts, http, chat, calls };
