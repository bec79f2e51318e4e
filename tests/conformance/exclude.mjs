// Loaded by mocha: skips the tests whose full titles are in NATTER_EXCLUDED, and fails the run if one of them does not exist.
import assert from 'node:assert/strict';

const excluded = JSON.parse(process.env.NATTER_EXCLUDED);
const skipped = new Set();

export const mochaHooks = {
  beforeEach() {
    const title = this.currentTest.fullTitle();
    if (!excluded.includes(title)) return;
    skipped.add(title);
    this.skip();
  },
  afterAll() {
    assert.deepEqual([...skipped].sort(), [...excluded].sort(), 'every excluded test exists');
  },
};
