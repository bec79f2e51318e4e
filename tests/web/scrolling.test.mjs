// Stable positions when rows, the list or the window change height, in any order of the browser's reports.
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Scrolling } from '../../web/src/chat/scrolling.ts';

const headHeight = 72;

/** A fake list with heights. Its position is never beyond the end, and moves there when the end comes nearer. */
class Page {
  scrolling = new Scrolling();
  atEnd = true;
  clientHeight = 600;
  offsetTop = headHeight;
  style = { paddingTop: '0px', paddingBottom: '0px' };
  /** The height of every row without an individual one. */
  rowHeight = 40;
  heights = new Map();
  #keys = [];
  #rendered = { start: 0, end: 0 };
  #scrollTop = 0;

  constructor(count) {
    this.scrolling.onAtEnd = (atEnd) => (this.atEnd = atEnd);
    this.show(Array.from({ length: count }, (_, index) => `row ${index}`));
  }

  get children() {
    return this.#keys.slice(this.#rendered.start, this.#rendered.end).map((key) => ({
      dataset: { key },
      getBoundingClientRect: () => ({ height: this.#heightOf(key) }),
    }));
  }

  get scrollHeight() {
    const paddings = Number.parseFloat(this.style.paddingTop) + Number.parseFloat(this.style.paddingBottom);
    const rows = this.children.reduce((sum, item) => sum + item.getBoundingClientRect().height, 0);
    return Math.max(this.clientHeight, headHeight + paddings + rows);
  }

  get scrollTop() {
    return (this.#scrollTop = Math.max(0, Math.min(this.#scrollTop, this.scrollHeight - this.clientHeight)));
  }

  set scrollTop(top) {
    this.#scrollTop = top;
  }

  /** Renders these rows as often as needed. */
  show(keys) {
    this.scrolling.scrolled(this, this);
    this.#keys = keys;
    this.#render();
  }

  #render() {
    for (let times = 0; ; times++) {
      assert.ok(times < 10, 'it renders without end');
      this.scrolling.take(this.#keys);
      this.#rendered = this.scrolling.range();
      if (!this.scrolling.settle(this, this)) return;
    }
  }

  /** Changes heights. A browser first reports the position that it had to move, and then the new heights. */
  resize(change) {
    const before = this.#scrollTop;
    change(this);
    if (this.scrollTop !== before && this.scrolling.scrolled(this, this)) this.#render();
    if (this.scrolling.settle(this, this)) this.#render();
  }

  /** Scrolls, as a user does. */
  scrollBy(distance) {
    this.scrollTop += distance;
    if (this.scrolling.scrolled(this, this)) this.#render();
  }

  add(key) {
    this.show([...this.#keys, key]);
  }

  remove(...keys) {
    this.show(this.#keys.filter((key) => !keys.includes(key)));
  }

  get keys() {
    return this.#keys;
  }

  /** Returns the distance from the end. */
  get rest() {
    return this.scrollHeight - this.clientHeight - this.scrollTop;
  }

  /** Returns the first row that begins in view, and its distance from the top. */
  get reading() {
    let top = headHeight + Number.parseFloat(this.style.paddingTop) - this.scrollTop;
    for (const { dataset: { key } } of this.children) {
      if (top >= 0) return { key, top };
      top += this.#heightOf(key);
    }
    return undefined;
  }

  /** Returns the distance of this row from the top. */
  topOf(key) {
    let top = headHeight + Number.parseFloat(this.style.paddingTop) - this.scrollTop;
    for (const { dataset } of this.children) {
      if (dataset.key === key) return top;
      top += this.#heightOf(dataset.key);
    }
    return undefined;
  }

  #heightOf(key) {
    return this.heights.get(key) ?? this.rowHeight;
  }
}

const changes = {
  'a draft of two lines goes': [(page) => (page.clientHeight -= 24), (page) => (page.clientHeight += 24)],
  'the keyboard of a phone opens and closes': [(page) => (page.clientHeight -= 320), (page) => (page.clientHeight += 320)],
  'the window gets higher': [(page) => (page.clientHeight += 500)],
  'the window gets wider, and rows lower': [(page) => (page.rowHeight = 22)],
  'the window gets wider and higher': [(page) => Object.assign(page, { rowHeight: 22, clientHeight: 900 })],
  'the window gets narrower, and rows higher': [(page) => (page.rowHeight = 120)],
  'a call opens above the list and closes': [(page) => (page.clientHeight -= 280), (page) => (page.clientHeight += 280)],
  'a call opens and is made small': [(page) => (page.clientHeight -= 280), (page) => (page.clientHeight += 220)],
  'letters arrive that are a little higher': [(page) => (page.rowHeight = 43)],
  'letters arrive that are a little lower': [(page) => (page.rowHeight = 37)],
  'the last row gets much higher': [(page) => page.heights.set('row 199', 900)],
  'the list gets so high that everything is in sight': [(page) => (page.clientHeight = 20_000), (page) => (page.clientHeight = 600)],
};

describe('the end of the list', () => {
  for (const [what, steps] of Object.entries(changes)) {
    it(`stays in view when ${what}`, () => {
      const page = new Page(200);
      assert.equal(page.rest, 0);
      for (const step of steps) {
        page.resize(step);
        assert.deepEqual([page.rest, page.atEnd], [0, true]);
      }
      page.add('new');
      assert.equal(page.rest, 0);
    });
  }

  it('stays in sight when rows are removed', () => {
    const page = new Page(200);
    page.remove('row 199', 'row 198', 'row 100');
    assert.deepEqual([page.rest, page.atEnd], [0, true]);
  });
});

describe('a row in view', () => {
  let page, reading;
  beforeEach(() => {
    page = new Page(200);
    page.scrollBy(-3_000);
    reading = page.reading;
    assert.equal(page.atEnd, false);
  });

  for (const [what, steps] of Object.entries(changes)) {
    it(`stays in place when ${what}`, () => {
      for (const step of steps) page.resize(step);
      assert.equal(page.topOf(reading.key), reading.top);
      assert.equal(page.atEnd, false);
    });
  }

  it('stays in place when a message arrives', () => {
    page.add('new');
    assert.equal(page.topOf(reading.key), reading.top);
  });

  it('stays where it is when rows above or below it are removed', () => {
    const index = page.keys.indexOf(reading.key);
    page.remove('row 3', page.keys[index - 1], page.keys[index + 1]);
    assert.equal(page.topOf(reading.key), reading.top);
  });

  it('leaves its place to the next one that stays when it is removed itself', () => {
    const index = page.keys.indexOf(reading.key);
    const next = page.keys[index + 2];
    const top = page.topOf(next);
    page.remove(reading.key, page.keys[index + 1]);
    assert.deepEqual([page.topOf(next), page.atEnd], [top, false]);
    assert.equal(page.rest > 0, true);
  });

  it('leaves its place to the previous one when it is removed with everything below', () => {
    const index = page.keys.indexOf(reading.key);
    const previous = page.keys[index - 1];
    page.remove(...page.keys.slice(index));
    assert.equal(page.topOf(previous) + page.rowHeight, page.clientHeight);
  });

  it('returns to its place when a window that showed the rest shrinks again', () => {
    const near = new Page(200);
    near.scrollBy(-100);
    const { key, top } = near.reading;
    near.resize((page) => (page.clientHeight += 320));
    near.resize((page) => (page.clientHeight -= 320));
    assert.equal(near.topOf(key), top);
  });

  it('counts from the moment of scrolling, even if a message arrives before the browser’s report', () => {
    const early = new Page(200);
    early.scrollTop -= 500;
    const { key, top } = early.reading;
    early.add('new');
    assert.equal(early.topOf(key), top);
  });

  it('is left when the user scrolls to the end, even while the window changes', () => {
    page.clientHeight += 50;
    page.scrollBy(1e9);
    assert.equal(page.atEnd, true);
    page.add('new');
    assert.equal(page.rest, 0);
  });

  it('can be scrolled to while the window changes', () => {
    const other = new Page(200);
    other.clientHeight += 50;
    other.scrollBy(-500);
    assert.equal(other.atEnd, false);
  });
});
