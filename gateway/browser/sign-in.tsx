import { useState, type SyntheticEvent } from 'react';
import { signIn, type Session } from './session.ts';

/** Who this tab is, or a form to become someone. */
export function SignIn({
  session,
  onChange,
}: {
  readonly session: Session | undefined;
  readonly onChange: (session: Session | undefined) => void;
}) {
  const [refusal, setRefusal] = useState<string>();
  const [busy, setBusy] = useState(false);

  if (session !== undefined) {
    return (
      <div className="sign-in">
        <span>
          Signed in as <strong>{session.clientId}</strong> until {new Date(session.expires).toLocaleString()}.
        </span>
        <button
          type="button"
          onClick={() => {
            onChange(undefined);
          }}
        >
          Sign out
        </button>
      </div>
    );
  }

  const submit = async (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    setBusy(true);
    try {
      const made = await signIn(text(fields, 'client-id'), text(fields, 'client-secret'));
      setRefusal(undefined);
      onChange(made);
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className="sign-in"
      method="post"
      onSubmit={(event) => {
        void submit(event);
      }}
    >
      <label>
        Client id <input name="client-id" required autoComplete="username" spellCheck={false} />
      </label>
      <label>
        Client secret <input name="client-secret" required type="password" autoComplete="off" />
      </label>
      <button type="submit" disabled={busy}>
        Get a token
      </button>
      <span role="alert">{refusal ?? 'Without a token nothing is answered, the schema neither.'}</span>
    </form>
  );
}

function text(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value : '';
}
