import { parseCertificate, type Certificate } from '@chargegraph/pki';
import type { Namespace, Retirement, Signer } from '../domain/signer.ts';

/** A row of `cps_signer`. */
export interface SignerRow extends RetirementRow {
  readonly der: Uint8Array;
  readonly subCas: readonly Uint8Array[];
  readonly rootDer: Uint8Array;
  readonly keyReference: string;
  readonly namespace: Namespace;
  readonly isDefault: boolean;
  readonly addedAt: Date;
}

/** The columns of what can be retired. */
export interface RetirementRow {
  readonly retiredAt: Date | null;
  readonly retirementReason: string | null;
}

/** The columns of a {@link RetirementRow}, under its names. */
export const retirementColumns = 'retired_at AS "retiredAt", retirement_reason AS "retirementReason"';

/** The columns of a {@link SignerRow}, under its names. */
export const signerColumns = `der, sub_cas AS "subCas", root_der AS "rootDer", key_reference AS "keyReference",
  namespace, is_default AS "isDefault", added_at AS "addedAt", ${retirementColumns}`;

/** The signer of a row. */
export function toSigner({ der, subCas, rootDer, ...row }: SignerRow): Signer {
  const [certificate, root] = [parseCertificate(der), parseCertificate(rootDer)];
  return {
    certificate,
    subCas: subCas.map((subCa) => parseCertificate(subCa)),
    root,
    keyReference: row.keyReference,
    namespace: row.namespace,
    isDefault: row.isDefault,
    addedAt: row.addedAt,
    retirement: toRetirement(row),
  };
}

/** The retirement of a row; undefined while it has none. */
export function toRetirement({ retiredAt, retirementReason }: RetirementRow): Retirement | undefined {
  return retiredAt === null ? undefined : { at: retiredAt, reason: retirementReason ?? '' };
}

/** A certificate as a parameter. */
export const derOf = ({ der }: Certificate): Buffer => Buffer.from(der);
