import { ConfigurationError } from '@chargegraph/service';
import { openDoors } from '../demo/doors.ts';

/** One GraphQL operation at a running gateway. */
export type AskGateway = <T>(query: string, variables?: Record<string, unknown>) => Promise<T>;

/**
 * Opens a gateway for a client whose credentials are in the environment.
 *
 * @throws ConfigurationError with the sentence for what is missing, wrong or refused
 */
export async function openGateway(url: unknown, environment: NodeJS.ProcessEnv): Promise<AskGateway> {
  if (typeof url !== 'string' || !/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    throw new ConfigurationError('--url must be the http(s) address of a gateway.');
  }
  const clientId = environment['CHARGEGRAPH_CLIENT_ID'];
  const clientSecret = environment['CHARGEGRAPH_CLIENT_SECRET'];
  if (clientId === undefined || clientSecret === undefined) {
    throw new ConfigurationError('CHARGEGRAPH_CLIENT_ID and CHARGEGRAPH_CLIENT_SECRET must be set.');
  }
  const doors = await said(url, () => openDoors(url, { clientId, clientSecret }));
  return (query, variables) => said(url, () => doors.graphql(query, variables));
}

/** What a gateway says is the user's to mend; a stack would not help. */
async function said<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const unreachable = error.name === 'TypeError' || error.name === 'SyntaxError';
    throw new ConfigurationError(
      unreachable ? `There is no gateway at ${url} that can be asked.` : error.message,
      { cause: error },
    );
  }
}
