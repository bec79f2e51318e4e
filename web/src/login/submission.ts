// The submission of a form.
import { useState } from 'preact/hooks';
import { ApiError } from './api.ts';

/** Submits a form with `work`, once at a time. `busy` is true meanwhile; `error` is the sentence of a failure. */
export function useSubmission(work: (data: FormData) => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    setError(undefined);
    setBusy(true);
    try {
      await work(new FormData(event.currentTarget as HTMLFormElement));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setError(error.message);
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, submit, clear: () => setError(undefined) };
}
