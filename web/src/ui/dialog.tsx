// A dialog that the browser runs: it keeps the focus inside, closes on Escape, and gives the focus back.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { CloseIcon } from './icons.tsx';

interface Properties {
  title: string;
  /** How it looks: a card in the middle, or a sheet at the side. */
  kind: 'card' | 'sheet';
  onClose: () => void;
  children: ComponentChildren;
}

/** Open as long as it is rendered. */
export function Dialog({ title, kind, onClose, children }: Properties) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current!;
    element.showModal();
    return () => element.close();
  }, []);
  // The dialog is nothing but its frame: a click on itself is one beside the frame.
  const onClick = (event: MouseEvent) => event.target === dialog.current && onClose();
  return (
    <dialog ref={dialog} class={kind} aria-labelledby={id} onClose={onClose} onClick={onClick}>
      <div class="dialog-frame">
        <div class="dialog-head">
          <h2 id={id}>{title}</h2>
          <button type="button" class="quiet" aria-label="Close" onClick={onClose}><CloseIcon /></button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
