// Form fields.
import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';

interface Properties {
  label: string;
  name: string;
  autocomplete: 'username' | 'current-password' | 'new-password';
  /** A sentence below the field. */
  hint?: string | undefined;
}

/**
 * A required field with its label above. A secret one hides its content. Only the server judges names and passwords: a length
 * limit here would cut pasted text silently and count differently.
 */
export function Field(properties: Properties & { secret?: boolean; children?: ComponentChildren }) {
  const { label, hint, secret = false, children, ...rest } = properties;
  const id = useId();
  const attributes = {
    ...rest,
    id,
    required: true,
    dir: 'auto',
    autocapitalize: 'none',
    spellcheck: false,
    'aria-describedby': hint && `${id}-hint`,
  } as const;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-box">
        {secret ? <input type="password" {...attributes} /> : <input type="text" {...attributes} />}
        {children}
      </div>
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

/** A password field with a button that shows the password. */
export function PasswordField(properties: Properties) {
  const name = properties.label.toLowerCase();
  const [shown, setShown] = useState(false);
  return (
    <Field {...properties} secret={!shown}>
      <button type="button" class="link" aria-pressed={shown} aria-label={`Show ${name}`} onClick={() => setShown(!shown)}>
        {shown ? 'Hide' : 'Show'}
      </button>
    </Field>
  );
}
