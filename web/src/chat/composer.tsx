// The message box.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { SendIcon } from '../ui/icons.tsx';
import { byFinger } from '../ui/media.ts';
import { draftKey } from './unsent.ts';

/** The length limit in characters: code points, as the server counts, not UTF-16 units. */
const longest = 4_000;
/** The length from which the remaining characters are shown. */
const nearLimit = 3_600;

interface Properties {
  /** The author. Each user's draft is kept separately across reloads. */
  username: string;
  onSend: (text: string) => void;
  /** Receives a function that puts a text into the box for editing. */
  write: { current: (text: string) => void };
}

export function Composer({ username, onSend, write }: Properties) {
  const draft = draftKey(username);
  const [text, setText] = useState(() => sessionStorage.getItem(draft) ?? '');
  const field = useRef<HTMLTextAreaElement>(null);
  const length = lengthOf(text);
  const left = longest - length;
  const sendable = length > 0 && left >= 0;
  const warning = left < 0 ? 'This message is too long to send.' : `You're close to the limit of ${longest.toLocaleString()} characters.`;

  // An on-screen keyboard would cover the messages.
  useEffect(() => {
    if (!matchMedia(byFinger).matches) field.current?.focus();
  }, []);
  useLayoutEffect(() => fit(field.current!), [text]);
  useEffect(() => keep(draft, text), [text]);
  write.current = (given) => {
    setText(given);
    field.current?.focus();
  };

  const send = (event: Event) => {
    event.preventDefault();
    field.current?.focus();
    if (!sendable) return;
    onSend(text.trim());
    setText('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const sends = event.key === 'Enter' && !event.shiftKey && !matchMedia(byFinger).matches;
    // Enter also confirms a composed character.
    if (sends && !event.isComposing) send(event);
  };

  return (
    <form class="composer" onSubmit={send}>
      <div class="composer-field">
        <textarea
          id="composer"
          ref={field}
          rows={1}
          dir="auto"
          aria-label="Message"
          placeholder="Write a message"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {length >= nearLimit && <span class={left < 0 ? 'count over' : 'count'}>{left < 0 ? `${-left} too many` : left}</span>}
      </div>
      <button class="primary round" aria-label="Send" aria-disabled={!sendable}><SendIcon /></button>
      <p class="unseen" role="status">{length >= nearLimit && warning}</p>
    </form>
  );
}

function keep(draft: string, text: string): void {
  try {
    sessionStorage.setItem(draft, text);
  } catch {
    // The browser's storage is full or disabled: the draft is lost on a reload.
  }
}

function lengthOf(text: string): number {
  const { length } = text.trim();
  // Counting code points is slow, and matters only near the limit.
  return length < nearLimit ? length : [...text.trim()].length;
}

/** Makes the field as high as its content. The styles limit the height. */
function fit(field: HTMLTextAreaElement): void {
  field.style.blockSize = 'auto';
  field.style.blockSize = `${field.scrollHeight}px`;
}
