// The part of the window that the keyboard of a phone leaves. Some browsers lay the page out for the whole window and put the
// keyboard over it; `interactive-widget` in index.html tells the others to make the window smaller.

/** The visible part of a window of this height, where something covers the rest; null where the page has the whole window. */
export function visiblePart(
  { height, offsetTop, scale }: Pick<VisualViewport, 'height' | 'offsetTop' | 'scale'>,
  windowHeight: number,
): { height: number; top: number } | null {
  // A page that was magnified shows a part of itself too, and must not be laid out anew.
  if (Math.abs(scale - 1) > 0.01 || windowHeight - height < 1) return null;
  return { height, top: offsetTop };
}

/** Keeps `--visible-height` and `--visible-top` of the page up to date. Returns how to end that. */
export function followVisiblePart(): () => void {
  const { visualViewport } = window;
  if (!visualViewport) return () => undefined;
  const { style } = document.documentElement;
  const follow = () => {
    const part = visiblePart(visualViewport, innerHeight);
    for (const name of ['height', 'top'] as const) {
      if (part) style.setProperty(`--visible-${name}`, `${part[name]}px`);
      else style.removeProperty(`--visible-${name}`);
    }
  };
  const listening = new AbortController();
  visualViewport.addEventListener('resize', follow, { signal: listening.signal });
  visualViewport.addEventListener('scroll', follow, { signal: listening.signal });
  follow();
  return () => listening.abort();
}
