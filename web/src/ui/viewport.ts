// The part of the window that a phone's keyboard leaves visible. Some browsers lay the page out for the whole window and cover it
// with the keyboard. The others shrink the window, as `interactive-widget` in index.html asks.

/** Returns the visible part of a window of this height; null if nothing covers the window. */
export function visiblePart(
  { height, offsetTop, scale }: Pick<VisualViewport, 'height' | 'offsetTop' | 'scale'>,
  windowHeight: number,
): { height: number; top: number } | null {
  // A magnified page also shows only a part, but must not be laid out again.
  if (Math.abs(scale - 1) > 0.01 || windowHeight - height < 1) return null;
  return { height, top: offsetTop };
}

/** Keeps the CSS variables `--visible-height` and `--visible-top` up to date. Returns a function that stops. */
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
