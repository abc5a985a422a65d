import { contracts } from './contracts/handlers.ts';
import type { Handlers } from './operation.ts';
import { provisioningCertificates } from './provisioning-certificates/handlers.ts';
import { rootCertificates } from './root-certificates/handlers.ts';
import { signing } from './signing/handlers.ts';

/** What serves the operations that ask for a token, one folder for each pool. */
export const handlers: Handlers = {
  ...rootCertificates,
  ...provisioningCertificates,
  ...signing,
  ...contracts,
};
