// Loaded by mocha: skips the tests whose full titles are in NATTER_EXCLUDED, and fails the run if one of them does not exist.
import assert from 'node:assert/strict';

const excluded = JSON.parse(process.env.NATTER_EXCLUDED);
const skipped = new Set();

export const mochaHooks = {
  beforeEach() {
    const title = this.currentTest.fullTitle();
    if (this.currentTest.currentRetry() > 0) console.log(`once more: ${title}`);
    if (!excluded.includes(title)) return;
    skipped.add(title);
    this.skip();
  },
  afterEach() {
    // A test that fails leaves its fake clock behind, in which no later test would get anywhere.
    globalThis.setTimeout.clock?.uninstall();
  },
  afterAll() {
    assert.deepEqual([...skipped].sort(), [...excluded].sort(), 'every excluded test exists');
  },
};
