import { namesSource, type Certificate } from '@chargegraph/pki';
import DataLoader from 'dataloader';
import type {
  CertificateStatus,
  OperationRevocation,
  Revocation,
  RevocationFinding,
} from './revocation-types.ts';

/** Fingerprints in one query at most. */
const mostAtOnce = 1_000;

/** The same within one operation; see {@link Revocation.within}. */
export function withinOperation(
  { policy, judge, isClear, known }: Pick<Revocation, 'policy' | 'judge' | 'isClear' | 'known'>,
  deadline: number,
): OperationRevocation {
  const loader = new DataLoader<string, CertificateStatus | undefined>(
    async (fingerprints) => {
      const found = await known(fingerprints);
      return fingerprints.map((fingerprint) => found.get(fingerprint));
    },
    // What an operation finds out itself it shows.
    { cache: false, maxBatchSize: mostAtOnce },
  );
  const status = async (certificate: Certificate): Promise<CertificateStatus | undefined> =>
    namesSource(certificate) ? await loader.load(certificate.fingerprint) : undefined;
  return {
    policy,
    isClear,
    judge: (path): Promise<RevocationFinding> => judge(path, { deadline }),
    status,
    counting: async (certificates) => {
      if (policy === 'off') return new Map();
      const found = await Promise.all(certificates.map(status));
      return new Map(found.flatMap((each) => (each === undefined ? [] : [[each.fingerprint, each]])));
    },
  };
}
