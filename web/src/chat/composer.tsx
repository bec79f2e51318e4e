// Where one writes.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { SendIcon } from '../ui/icons.tsx';

const longest = 4_000;
/** From here on it is told how much is left. */
const nearLimit = 3_600;

interface Properties {
  onSend: (text: string) => void;
  /** Gets what puts a text here, to be changed. */
  write: { current: (text: string) => void };
}

export function Composer({ onSend, write }: Properties) {
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  // As the server counts: characters, not the halves of some.
  const length = [...text.trim()].length;
  const sendable = length > 0 && length <= longest;

  useLayoutEffect(() => {
    const { style, scrollHeight } = shrunk(field.current!);
    style.blockSize = `${scrollHeight}px`;
  }, [text]);
  write.current = (given) => {
    setText(given);
    field.current?.focus();
  };

  const send = (event: Event) => {
    event.preventDefault();
    if (!sendable) return;
    onSend(text.trim());
    setText('');
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter also ends the composition of a character.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) send(event);
  };

  return (
    <form class="composer" onSubmit={send}>
      <div class="composer-field">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          aria-label="Message"
          aria-describedby="composer-count"
          placeholder="Write a message"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <span id="composer-count" class={length > longest ? 'count over' : 'count'} role="status">
          {length >= nearLimit && (length > longest ? `${length - longest} too many` : `${longest - length} left`)}
        </span>
      </div>
      <button class="primary round" aria-label="Send" aria-disabled={!sendable}><SendIcon /></button>
    </form>
  );
}

/** The field as high as one line, so that its content tells how high it has to be. */
function shrunk(field: HTMLTextAreaElement): HTMLTextAreaElement {
  field.style.blockSize = 'auto';
  return field;
}
