import { IdentifierError, parseEmaid, type Emaid } from '@chargegraph/iso15118';
import { ChargeGraphError } from '@chargegraph/service';

/** What `read` gives; undefined when it meets a certificate that is malformed. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ChargeGraphError && error.code === 'CERTIFICATE_INVALID') return undefined;
    throw error;
  }
}

/** The contract that a text names, such as a common name or a wish of a car; undefined when it is no EMAID. */
export function emaidIdentity(text: string | undefined): Emaid | undefined {
  try {
    return text === undefined ? undefined : parseEmaid(text);
  } catch (error) {
    if (error instanceof IdentifierError) return undefined;
    throw error;
  }
}
