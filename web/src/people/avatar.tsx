// A person's sign: the first letter of the name, on a colour that is always the same one.

/** So many colours there are; `avatar.css` has them. */
const colours = 8;

export function Avatar({ username }: { username: string }) {
  return <span class={`avatar avatar-${colourOf(username)}`} aria-hidden="true">{initialOf(username)}</span>;
}

function initialOf(username: string): string {
  const [first] = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(username);
  return first?.segment.toLocaleUpperCase() ?? '';
}

function colourOf(username: string): number {
  let hash = 0;
  for (const character of username) hash = (hash * 31 + character.codePointAt(0)!) >>> 0;
  return hash % colours;
}
