import { ISO20_NAMESPACE, type Iso15118Namespace } from '@chargegraph/iso15118';
import type { Namespace } from './contract.ts';

/** The edition of ISO 15118 of a generation, as certificate profiles name it. */
export const editionOf = (namespace: Namespace): '-2' | '-20' => (namespace === 'ISO15118_2' ? '-2' : '-20');

/** The generation of a message, from its namespace. */
export const generationOf = (namespace: Iso15118Namespace): Namespace =>
  namespace === ISO20_NAMESPACE ? 'ISO15118_20' : 'ISO15118_2';
