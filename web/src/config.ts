// Where the server is. Both are empty where the page comes from the server itself.
const url = (text: string | undefined) => (text ?? '').replace(/\/+$/, '');

/** The server's REST part, without a slash at the end. */
export const apiUrl = url(import.meta.env.VITE_API_URL);

/** What Socket.IO connects to: http(s) or ws(s). */
export const webSocketUrl = url(import.meta.env.VITE_WEBSOCKET_URL) || apiUrl;
