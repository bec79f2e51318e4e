// The server's URLs. Both are empty if the server itself serves the page.
const url = (text: string | undefined) => (text ?? '').replace(/\/+$/, '');

/** The base URL of the REST API, without a trailing slash. */
export const apiUrl = url(import.meta.env.VITE_API_URL);

/** The URL that Socket.IO connects to: http(s) or ws(s). */
export const webSocketUrl = url(import.meta.env.VITE_WEBSOCKET_URL) || apiUrl;
