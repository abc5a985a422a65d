import { IdentifierError, ISO20_NAMESPACE, ISO2_NAMESPACE, parseNamespace } from '@chargegraph/iso15118';
import { ChargeGraphError } from '@chargegraph/service';
import type { Namespace } from '../../generated/operations.ts';

/** How OPCP spells a generation of the standard. */
export const opcpNamespace: Readonly<Record<Namespace, string>> = {
  ISO15118_2: ISO2_NAMESPACE,
  ISO15118_20: 'urn:iso:15118:20:2022:MsgDef',
};

/**
 * The generation that a client names, in any spelling; undefined when it names none.
 *
 * @throws ChargeGraphError BAD_INPUT for what is none
 */
export function namedNamespace(text: string | null | undefined): Namespace | undefined {
  if (text == null || text.trim() === '') return undefined;
  try {
    return parseNamespace(text.trim()) === ISO20_NAMESPACE ? 'ISO15118_20' : 'ISO15118_2';
  } catch (cause) {
    if (!(cause instanceof IdentifierError)) throw cause;
    const known = Object.values(opcpNamespace).join(', ');
    throw new ChargeGraphError('BAD_INPUT', `xsdMsgDefNamespace : must be one of ${known}`, { cause });
  }
}
