import { parseCertificate } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import {
  HeldRootCertificateDocument,
  ListRootCertificatesDocument,
  type RootType,
} from '../../../generated/operations.ts';
import { allPages } from '../all-pages.ts';
import type { Ask } from '../operation.ts';
import type { HeldRoot } from './root-certificate.ts';
import { readRootName, rootCertificateId } from './root-id.ts';

/** All roots, or those of a type, in the order they were added. */
export const listRoots = (ask: Ask, type: RootType | undefined): Promise<HeldRoot[]> =>
  allPages(async (after) => {
    const where = type === undefined ? undefined : { type: [type] };
    return (await ask(ListRootCertificatesDocument, { where, after })).rootCertificates;
  });

/**
 * The root that a client names by OPCP's id, fingerprint or global id.
 *
 * @throws ChargeGraphError NOT_FOUND, with OPCP's sentence
 */
export async function findRoot(ask: Ask, text: string): Promise<HeldRoot> {
  const name = readRootName(text);
  const root =
    name === undefined
      ? undefined
      : 'fingerprint' in name
        ? (await ask(HeldRootCertificateDocument, name)).rootCertificate
        : // No pool finds it by this, but there are few roots.
          (await listRoots(ask, undefined)).find(
            ({ certificate }) => rootCertificateId(parseCertificate(certificate.pem).fingerprint) === name.id,
          );
  if (root == null) {
    throw new ChargeGraphError('NOT_FOUND', 'Root certificate with the given ID is not found');
  }
  return root;
}

/**
 * The SHA-256 of the root that `cpsV2GRootCertificateFingerprint` names: by itself, with or without colons, or by what
 * OPCP's pattern asks for in its place, the id of the root. Undefined when none is named.
 *
 * @throws ChargeGraphError NOT_FOUND for an id of no root
 */
export async function rootFingerprint(
  ask: Ask,
  text: string | null | undefined,
): Promise<string | undefined> {
  const name = (text ?? '').trim();
  if (name.includes('-')) return parseCertificate((await findRoot(ask, name)).certificate.pem).fingerprint;
  const hex = name.replaceAll(':', '').toLowerCase();
  return hex === '' ? undefined : hex;
}
