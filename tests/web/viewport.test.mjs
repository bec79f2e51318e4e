// The part of a window that a keyboard leaves.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { visiblePart } from '../../web/src/ui/viewport.ts';

describe('the visible part of a window', () => {
  it('is what a keyboard leaves, where the browser puts it over the page', () => {
    assert.deepEqual(visiblePart({ height: 460, offsetTop: 120, scale: 1 }, 780), { height: 460, top: 120 });
  });

  it('is all of it without a keyboard, or with one that makes the window smaller', () => {
    assert.equal(visiblePart({ height: 780, offsetTop: 0, scale: 1 }, 780), null);
    assert.equal(visiblePart({ height: 459.6, offsetTop: 0, scale: 1 }, 460), null);
  });

  it('is none of the page’s business while the page is magnified', () => {
    assert.equal(visiblePart({ height: 390, offsetTop: 200, scale: 2 }, 780), null);
  });
});
