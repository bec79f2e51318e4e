// How the page is built, and served while one works on it.
import { fileURLToPath } from 'node:url';
import { defineConfig, loadEnv } from 'vite';
import { contentSecurityPolicy, headersFile, serversOf } from './headers.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

// Where `npm start` serves; the development server passes on what is for it.
const server = { target: `http://127.0.0.1:${process.env.PORT || 8787}`, ws: true };

export default defineConfig(({ mode }) => {
  const { VITE_API_URL, VITE_WEBSOCKET_URL } = loadEnv(mode, root);
  return {
    root,
    plugins: [securityHeaders(serversOf([VITE_API_URL, VITE_WEBSOCKET_URL]))],
    build: {
      outDir: fileURLToPath(new URL('../build/web', import.meta.url)),
      emptyOutDir: true,
      target: 'es2022',
      // Both would put data: URLs or more code into the page, which its security policy forbids and nobody needs.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    server: { proxy: { '/api': server, '/socket.io': server } },
  };
});

/** Puts the security policy into the page itself, for hosts that know no `_headers`, and everything else into `_headers`. */
function securityHeaders(servers) {
  return {
    name: 'security-headers',
    apply: 'build',
    transformIndexHtml: () => [{
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy(servers) },
      injectTo: 'head-prepend',
    }],
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: '_headers', source: headersFile(servers) });
    },
  };
}
