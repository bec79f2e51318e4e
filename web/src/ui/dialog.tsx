// A modal dialog. The browser keeps the focus inside, closes it on Escape, and restores the focus.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { CloseIcon } from './icons.tsx';

interface Properties {
  title: string;
  /** The appearance: a card in the middle, or a sheet at the side. */
  kind: 'card' | 'sheet';
  onClose: () => void;
  children: ComponentChildren;
}

/** A dialog that is open while it is rendered. */
export function Dialog({ title, kind, onClose, children }: Properties) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current!;
    element.showModal();
    return () => element.close();
  }, []);
  // The frame fills the dialog, so a click on the dialog itself is one on the backdrop.
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
