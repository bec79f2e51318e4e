// The references of the documentation: every relative link and every path in code names a file, and every anchor a heading.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`),
];

/** Folders that a fresh clone does not have. */
const generated = ['.wrangler', 'build', 'node_modules', 'screenshots', 'target'];

/** Returns a page without its code, in which brackets and number signs mean something else. */
const proseOf = (text) => text.replace(/^(```|~~~)[^]*?^\1$/gm, '').replace(/(`+)(?!`)[^]*?[^`]\1(?!`)/g, (code) => code.replace(/[[\]()#]/g, ''));

/** Returns the targets of inline links and images, of reference definitions, and of HTML pictures. */
function linksOf(prose) {
  const patterns = [/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g, /^\[[^\]]+\]:\s+(\S+)/gm, /\b(?:href|src|srcset)="([^"\s]+)"/g];
  return patterns.flatMap((pattern) => [...prose.matchAll(pattern)].map(([, target]) => target));
}

/** Returns the anchors that GitHub gives to the headings. */
function anchorsOf(prose) {
  const seen = new Map();
  return [...prose.matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading]) => {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = text.replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '').replaceAll(' ', '-');
    const repeated = seen.get(slug) ?? 0;
    seen.set(slug, repeated + 1);
    return repeated === 0 ? slug : `${slug}-${repeated}`;
  });
}

/** Returns the broken links of a page, each with its reason. */
function brokenLinks(page, text) {
  const broken = [];
  for (const link of linksOf(proseOf(text))) {
    if (/^[a-z][a-z0-9+.-]*:/i.test(link)) continue;
    const [path, anchor] = link.split('#', 2).map(decodeURIComponent);
    const target = path ? resolve(root, dirname(page), path) : join(root, page);
    if (relative(root, target).startsWith('..')) broken.push(`${link} leaves the repository`);
    else if (!existsSync(target)) broken.push(`${link} names no file`);
    else if (anchor !== undefined) {
      const content = target === join(root, page) ? text : readFileSync(target, 'utf8');
      if (!anchorsOf(proseOf(content)).includes(anchor)) broken.push(`${link} names no heading`);
    }
  }
  return broken;
}

/** Returns the paths in inline code that do not exist. Those on the security page are below `tests`. */
function missingPaths(page, text) {
  const folders = [root, ...(page === 'docs/security.md' ? [join(root, 'tests')] : [])];
  const codes = [...text.replace(/^(```|~~~)[^]*?^\1$/gm, '').matchAll(/`([\w.-]+\/[\w./-]*)`/g)].map(([, code]) => code);
  const paths = codes.filter((code) => !generated.includes(code.split('/')[0]) && folders.some((folder) => existsSync(join(folder, code.split('/')[0]))));
  return paths.filter((path) => !folders.some((folder) => existsSync(join(folder, path))));
}

describe('the documentation', () => {
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8');

    it(`has no broken link in ${page}`, () => assert.deepEqual(brokenLinks(page, text), []));

    it(`names no missing path in ${page}`, () => assert.deepEqual(missingPaths(page, text), []));
  }

  it('is linked from the README, every page', () => {
    const targets = linksOf(proseOf(readFileSync(join(root, 'README.md'), 'utf8')));
    assert.deepEqual(pages.filter((page) => page !== 'README.md' && !targets.includes(page)), []);
  });

  it('would fail with a broken link', () => {
    const text = '# One `page`\n\n[a](#one-page) [b](#two) [c](../README.md) [d](none.md#x) [e](https://x.example/none) ![f](../../f.png)\n\n`[g](none.md)`\n';
    assert.deepEqual(brokenLinks('docs/protocol.md', text), ['#two names no heading', 'none.md#x names no file', '../../f.png leaves the repository']);
  });

  it('would fail with a missing path', () => {
    const text = '`src/lib.rs` `src/none.rs` `native/none.rs` `build/none` `unknown/none` `text/html`\n\n```\n`src/none.rs`\n```\n';
    assert.deepEqual(missingPaths('docs/protocol.md', text), ['src/none.rs']);
    assert.deepEqual(missingPaths('docs/security.md', text), ['src/none.rs', 'native/none.rs']);
  });
});
