// The part of a window that an on-screen keyboard leaves visible.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { visiblePart } from '../../web/src/ui/viewport.ts';

describe('the visible part of a window', () => {
  it('is the part above a keyboard that covers the page', () => {
    assert.deepEqual(visiblePart({ height: 460, offsetTop: 120, scale: 1 }, 780), { height: 460, top: 120 });
  });

  it('is the whole window without a keyboard, or with one that shrinks the window', () => {
    assert.equal(visiblePart({ height: 780, offsetTop: 0, scale: 1 }, 780), null);
    assert.equal(visiblePart({ height: 459.6, offsetTop: 0, scale: 1 }, 460), null);
  });

  it('is ignored while the page is magnified', () => {
    assert.equal(visiblePart({ height: 390, offsetTop: 200, scale: 2 }, 780), null);
  });
});
