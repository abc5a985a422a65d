import type { EventSource } from '../event-source.ts';
import { contractEvents } from './contract-events.ts';
import { operatorEvents } from './operator-events.ts';
import { provisioningCertificateEvents } from './provisioning-certificate-events.ts';
import { rootCertificateEvents } from './root-certificate-events.ts';

/** All logs that can be subscribed to. */
export const eventSources: readonly EventSource[] = [
  contractEvents,
  provisioningCertificateEvents,
  rootCertificateEvents,
  operatorEvents,
];
