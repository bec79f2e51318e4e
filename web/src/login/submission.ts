// A form that is being sent.
import { useState } from 'preact/hooks';
import { ApiError } from './api.ts';

/** Sends with `work`, one at a time. While that takes, `busy` is true; the sentence of a failure is in `error`. */
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
