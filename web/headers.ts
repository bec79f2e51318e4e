// The response headers of the page: the code it may run, and the servers it may reach.

/**
 * Returns the page's Content-Security-Policy. `servers` are the origins of the API and the WebSocket that differ from its own.
 * Nothing is inline. Trusted Types keep even a bug from turning text into markup.
 */
export function contentSecurityPolicy(servers: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "media-src 'self' blob:",
    `connect-src ${["'self'", ...servers].join(' ')}`,
    "base-uri 'none'",
    "form-action 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

/** Returns the file `_headers`, which Cloudflare's static assets and several other hosts read. */
export function headersFile(servers: readonly string[]): string {
  return `/*
  Content-Security-Policy: ${contentSecurityPolicy(servers)}; frame-ancestors 'none'
  Cross-Origin-Opener-Policy: same-origin
  Cross-Origin-Resource-Policy: same-origin
  Permissions-Policy: camera=(self), microphone=(self), display-capture=(self), geolocation=()
  Referrer-Policy: no-referrer
  Strict-Transport-Security: max-age=31536000
  X-Content-Type-Options: nosniff

# File names contain a hash of the content.
/assets/*
  Cache-Control: public, max-age=31536000, immutable
`;
}

/** Returns the origins that a page built for these URLs connects to. A WebSocket URL implies HTTP, since clients poll first. */
export function serversOf(urls: readonly (string | undefined)[]): string[] {
  const origins = urls.flatMap((url) => {
    if (!url) return [];
    const { protocol, host } = new URL(url);
    const secure = protocol === 'https:' || protocol === 'wss:';
    return secure ? [`https://${host}`, `wss://${host}`] : [`http://${host}`, `ws://${host}`];
  });
  return [...new Set(origins)];
}
