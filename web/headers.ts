// What the browser is told about the page: which code it may run, and whom it may talk to.

/**
 * The page's Content-Security-Policy. `servers` are the origins of the API and the WebSocket where they are not the page's own.
 * Nothing is inline, and with Trusted Types not even a mistake could turn a text into markup.
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

/** The file `_headers`, as Cloudflare's static assets and several other hosts read it. */
export function headersFile(servers: readonly string[]): string {
  return `/*
  Content-Security-Policy: ${contentSecurityPolicy(servers)}; frame-ancestors 'none'
  Cross-Origin-Opener-Policy: same-origin
  Cross-Origin-Resource-Policy: same-origin
  Permissions-Policy: camera=(self), microphone=(self), display-capture=(self), geolocation=()
  Referrer-Policy: no-referrer
  Strict-Transport-Security: max-age=31536000
  X-Content-Type-Options: nosniff

# Their names change with their content.
/assets/*
  Cache-Control: public, max-age=31536000, immutable
`;
}

/** The origins that a page built for these URLs talks to. A WebSocket URL stands for polling too, which comes first. */
export function serversOf(urls: readonly (string | undefined)[]): string[] {
  const origins = urls.flatMap((url) => {
    if (!url) return [];
    const { protocol, host } = new URL(url);
    const secure = protocol === 'https:' || protocol === 'wss:';
    return secure ? [`https://${host}`, `wss://${host}`] : [`http://${host}`, `ws://${host}`];
  });
  return [...new Set(origins)];
}
