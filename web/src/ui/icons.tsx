// Icons, drawn on a grid of 24 with a round pen. They say nothing by themselves: their buttons have labels.
import type { ComponentChildren } from 'preact';

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const SendIcon = () => <Icon><path d="M12 19V5m-6 6 6-6 6 6" /></Icon>;
export const DownIcon = () => <Icon><path d="M12 5v14m6-6-6 6-6-6" /></Icon>;
export const CloseIcon = () => <Icon><path d="m6 6 12 12M18 6 6 18" /></Icon>;
export const PeopleIcon = () => (
  <Icon><circle cx="9" cy="8" r="3.5" /><path d="M3 19.5a6 6 0 0 1 12 0M15.5 4.8a3.5 3.5 0 0 1 0 6.4M18 14.2a6 6 0 0 1 3 5.3" /></Icon>
);
export const CallIcon = () => (
  <Icon><rect x="3" y="6.5" width="12" height="11" rx="2.5" /><path d="m15 11 5-3v8l-5-3" /></Icon>
);
export const ClockIcon = () => <Icon><circle cx="12" cy="12" r="8.5" /><path d="M12 7.5V12l3 2" /></Icon>;
export const WarningIcon = () => <Icon><circle cx="12" cy="12" r="8.5" /><path d="M12 7.5v5m0 3.5v.01" /></Icon>;

/** The mark of the house. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path class="mark-bubble" d="M6 3h20a5 5 0 0 1 5 5v11a5 5 0 0 1-5 5H15l-7.2 5.6A1.1 1.1 0 0 1 6 28.7V24a5 5 0 0 1-5-5V8a5 5 0 0 1 5-5Z" />
    <path class="mark-letter" d="M9 18v-5a3.5 3.5 0 0 1 7 0v5m0-5a3.5 3.5 0 0 1 7 0v5" />
  </svg>
);
