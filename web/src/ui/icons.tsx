// Icons on a grid of 24, drawn with round line ends. They are hidden from screen readers; their buttons have labels.
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
export const MicrophoneIcon = () => (
  <Icon><rect x="9" y="3" width="6" height="11" rx="3" /><path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" /><path class="slash" d="m4 4 16 16" /></Icon>
);
export const CameraIcon = () => (
  <Icon><rect x="3" y="6.5" width="12" height="11" rx="2.5" /><path d="m15 11 5-3v8l-5-3" /><path class="slash" d="m4 4 16 16" /></Icon>
);
export const ScreenIcon = () => <Icon><rect x="3" y="4.5" width="18" height="12" rx="2" /><path d="M9 20h6m-3-7.5v-5m-2.5 2.5L12 7.5l2.5 2.5" /></Icon>;
export const DevicesIcon = () => (
  <Icon><path d="M4 7h8m4 0h4M4 17h4m4 0h8" /><circle cx="14" cy="7" r="2" /><circle cx="10" cy="17" r="2" /></Icon>
);
export const EnlargeIcon = () => <Icon><path d="M14 4h6v6M10 20H4v-6M20 4l-6.5 6.5M4 20l6.5-6.5" /></Icon>;
export const ReduceIcon = () => <Icon><path d="m6 15 6-6 6 6" /></Icon>;
export const WindowIcon = () => <Icon><path d="m6 9 6 6 6-6" /></Icon>;
export const HangUpIcon = () => (
  <Icon><path d="M3.5 14.8c-.9-1.2-.6-3 .7-3.9a13 13 0 0 1 15.6 0c1.3.9 1.6 2.7.7 3.9l-.6.8a1.3 1.3 0 0 1-1.6.4l-2.4-1.1a1.3 1.3 0 0 1-.7-1.2v-1.3a11 11 0 0 0-6.4 0v1.3c0 .5-.3 1-.7 1.2L5.7 16a1.3 1.3 0 0 1-1.6-.4Z" /></Icon>
);

/** The logo. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path class="mark-bubble" d="M6 3h20a5 5 0 0 1 5 5v11a5 5 0 0 1-5 5H15l-7.2 5.6A1.1 1.1 0 0 1 6 28.7V24a5 5 0 0 1-5-5V8a5 5 0 0 1 5-5Z" />
    <path class="mark-letter" d="M9 18v-5a3.5 3.5 0 0 1 7 0v5m0-5a3.5 3.5 0 0 1 7 0v5" />
  </svg>
);
