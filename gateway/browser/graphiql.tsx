import './workers.ts';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';
import { StrictMode, useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import 'graphiql/style.css';
import './graphiql.css';
import { examplesPlugin } from './examples-plugin.tsx';
import { keepSession, readSession, type Session } from './session.ts';
import { SignIn } from './sign-in.tsx';

const url = new URL('graphql', location.href).href;
const plugins = [examplesPlugin, HISTORY_PLUGIN];

/** Both doors of the graph with a session's token, which the page may set in no header of a websocket. */
function connect(session: Session | undefined) {
  const authorization = session && `Bearer ${session.token}`;
  const socket = createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: { authorization },
    retryAttempts: 2,
  });
  const fetcher = createGraphiQLFetcher({
    url,
    wsClient: socket,
    ...(authorization !== undefined && { headers: { authorization } }),
  });
  return { fetcher, socket };
}

function Page() {
  const [session, setSession] = useState(readSession);
  const { fetcher, socket } = useMemo(() => connect(session), [session]);
  useEffect(() => () => void socket.dispose(), [socket]);

  return (
    <>
      <SignIn
        session={session}
        onChange={(changed) => {
          keepSession(changed);
          setSession(changed);
        }}
      />
      <GraphiQL
        // The schema is read anew for whoever signs in; a stranger is not answered, so nothing is asked.
        key={session?.token ?? 'nobody'}
        {...(session === undefined && { schema: null })}
        fetcher={fetcher}
        plugins={plugins}
        visiblePlugin={examplesPlugin}
        defaultQuery={'# Choose an example on the left, or write an operation.\n'}
        // What partners write here ends with the tab, like their token.
        storage={sessionStorage}
        shouldPersistHeaders={false}
        showPersistHeadersSettings={false}
      />
    </>
  );
}

const place = document.getElementById('page');
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <Page />
    </StrictMode>,
  );
}
