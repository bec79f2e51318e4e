// The avatar of a user: the initial, on a colour derived from the name.
import { initialOf } from './names.ts';

/** The number of colours in `people.css`. */
const colours = 8;

export function Avatar({ username }: { username: string }) {
  return <span class={`avatar avatar-${colourOf(username)}`} aria-hidden="true">{initialOf(username)}</span>;
}

function colourOf(username: string): number {
  let hash = 0;
  for (const character of username) hash = (hash * 31 + character.codePointAt(0)!) >>> 0;
  return hash % colours;
}
