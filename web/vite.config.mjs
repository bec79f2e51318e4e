// The configuration of the page's build and of its development server.
import { fileURLToPath } from 'node:url';
import { defineConfig, loadEnv } from 'vite';
import { contentSecurityPolicy, headersFile, serversOf } from './headers.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

// The server that `npm start` runs. The development server forwards API and Socket.IO requests to it.
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
      // The security policy forbids the data: URLs of inlined assets. No supported browser needs the polyfill.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    server: { proxy: { '/api': server, '/socket.io': server } },
  };
});

/** Puts the security policy into the page, for hosts that ignore `_headers`, and all headers into `_headers`. */
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
