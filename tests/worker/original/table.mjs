// The answers of the original server, row by row, and Natter's where they differ on purpose.
import { accounts } from './accounts.mjs';
import { calls } from './calls.mjs';
import { chat } from './chat.mjs';
import { http } from './http.mjs';

/**
 * A row is
 * - `name`: the action
 * - `run(stage)`: performs it, and resolves to its facts as JSON
 * - `original`: the original server's facts
 * - `natter`, `because`: Natter's facts and the key of the difference, if they differ
 * - `ownServer`: whether it needs its own original server, because it crashes it or needs one without users
 */
export const table = { accounts, http, chat, calls };
