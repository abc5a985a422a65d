import { partnerRoles, type PartnerRole, type Role } from './roles.ts';

/**
 * What a role may do with a field of `Query`, `Mutation` or `Subscription`:
 *
 * - `any`: use it, whoever's the thing is
 * - `own`: use it for what is its own (a car maker's by WMI, a mobility operator's by provider id); anything else reads
 *   as if it were not there
 * - `setting`: as `any`, where the operator has switched it on
 * - `none`: not use it
 */
export type Right = 'any' | 'own' | 'setting' | 'none';

type Row = readonly [field: string, ...rights: Right[]];

/* prettier-ignore */
/** One row a field; the columns are {@link partnerRoles} and SERVICE, the ecosystem's own processes. */
const rows: readonly Row[] = [
  //                                               OEM     MO ext  MO V2G  CPO        CPS     OPERATOR SERVICE
  // Root certificate pool
  ['Query.rootCertificates',                       'any',  'any',  'any',  'any',     'any',  'any',   'any'],
  ['Query.rootCertificate',                        'any',  'any',  'any',  'any',     'any',  'any',   'any'],
  ['Query.trustList',                              'any',  'any',  'any',  'any',     'any',  'any',   'any'],
  ['Query.rootCertificateEvent',                   'any',  'any',  'any',  'any',     'any',  'any',   'any'],
  ['Query.rootCertificateEventLog',                'none', 'none', 'none', 'none',    'none', 'any',   'any'],
  ['Query.rootPoolExpiry',                         'none', 'none', 'none', 'none',    'none', 'any',   'any'],
  ['Query.rootPoolAudit',                          'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.addRootCertificate',                  'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.removeRootCertificate',               'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Subscription.rootCertificateEvents',           'any',  'any',  'any',  'any',     'any',  'any',   'none'],
  // Provisioning certificate pool
  ['Query.provisioningCertificate',                'own',  'any',  'any',  'none',    'any',  'any',   'any'],
  ['Query.vehicleExists',                          'own',  'any',  'any',  'none',    'any',  'any',   'any'],
  ['Query.provisioningCertificates',               'own',  'none', 'none', 'none',    'none', 'any',   'none'],
  ['Query.provisioningCertificateEvent',           'own',  'none', 'none', 'none',    'none', 'any',   'any'],
  ['Query.provisioningCertificateEventLog',        'none', 'none', 'none', 'none',    'none', 'any',   'any'],
  ['Query.provisioningPoolExpiry',                 'none', 'none', 'none', 'none',    'none', 'any',   'any'],
  ['Query.provisioningPoolAudit',                  'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.publishProvisioningCertificate',      'own',  'none', 'none', 'none',    'none', 'none',  'none'],
  ['Mutation.updateProvisioningCertificate',       'own',  'none', 'none', 'none',    'none', 'none',  'none'],
  ['Mutation.deleteProvisioningCertificate',       'own',  'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.factoryResetVehicle',                 'own',  'none', 'none', 'none',    'none', 'none',  'none'],
  ['Subscription.provisioningCertificateEvents',   'own',  'none', 'none', 'none',    'none', 'any',   'none'],
  // Certificate provisioning service
  ['Query.cpsSigners',                             'any',  'any',  'any',  'any',     'any',  'any',   'any'],
  ['Query.contractCas',                            'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Query.contractCaRevocationList',               'any',  'any',  'any',  'any',     'any',  'any',   'any'],
  ['Query.operatorEvent',                          'none', 'none', 'none', 'none',    'none', 'any',   'any'],
  ['Query.signingServiceEventLog',                 'none', 'none', 'none', 'none',    'none', 'any',   'any'],
  ['Query.signingServiceExpiry',                   'none', 'none', 'none', 'none',    'none', 'any',   'any'],
  ['Query.signingAudit',                           'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.addCpsSigner',                        'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.retireCpsSigner',                     'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.addContractCa',                       'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.retireContractCa',                    'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.revokeContractCertificate',           'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.signContractData',                    'none', 'own',  'none', 'none',    'none', 'none',  'none'],
  ['Mutation.generateContractData',                'none', 'none', 'own',  'none',    'none', 'none',  'none'],
  ['Subscription.operatorEvents',                  'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  // Contract certificate pool
  ['Query.contract',                               'own',  'own',  'own',  'setting', 'none', 'any',   'any'],
  ['Query.contracts',                              'own',  'own',  'own',  'setting', 'none', 'any',   'any'],
  ['Query.contractEvent',                          'own',  'own',  'own',  'none',    'none', 'any',   'any'],
  ['Query.contractEventLog',                       'none', 'none', 'none', 'none',    'none', 'any',   'any'],
  ['Query.contractRevocationRequests',             'none', 'none', 'none', 'none',    'none', 'any',   'any'],
  ['Query.contractPoolExpiry',                     'none', 'none', 'none', 'none',    'none', 'any',   'any'],
  ['Query.eventConsumers',                         'own',  'own',  'own',  'none',    'none', 'any',   'none'],
  ['Query.contractPoolAudit',                      'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.publishContract',                     'none', 'own',  'own',  'none',    'any',  'none',  'own'],
  ['Mutation.updateContract',                      'none', 'own',  'own',  'none',    'any',  'none',  'none'],
  ['Mutation.deleteContract',                      'none', 'own',  'own',  'none',    'none', 'any',   'none'],
  ['Mutation.setDefaultContract',                  'own',  'none', 'none', 'none',    'none', 'none',  'none'],
  ['Mutation.provideContract',                     'own',  'none', 'none', 'none',    'none', 'none',  'none'],
  ['Mutation.requestCertificateInstallation',      'own',  'none', 'none', 'any',     'none', 'none',  'none'],
  ['Mutation.acknowledgeEvents',                   'own',  'own',  'own',  'none',    'none', 'own',   'none'],
  ['Mutation.rejectEvent',                         'own',  'none', 'none', 'none',    'none', 'none',  'none'],
  ['Mutation.deleteEventConsumer',                 'own',  'own',  'own',  'none',    'none', 'any',   'none'],
  ['Mutation.redeliverEvents',                     'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.sendTestEvent',                       'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.leaseEventConsumer',                  'none', 'none', 'none', 'none',    'none', 'none',  'any'],
  ['Mutation.renewEventConsumers',                 'none', 'none', 'none', 'none',    'none', 'none',  'any'],
  ['Mutation.releaseEventConsumer',                'none', 'none', 'none', 'none',    'none', 'none',  'any'],
  ['Subscription.contractEvents',                  'own',  'own',  'own',  'none',    'none', 'any',   'none'],
  // Clients
  ['Query.client',                                 'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Query.clients',                                'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Query.identityAudit',                          'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.addClient',                           'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.updateClient',                        'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.rotateClientSecret',                  'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.disableClient',                       'none', 'none', 'none', 'none',    'none', 'any',   'none'],
  ['Mutation.enableClient',                        'none', 'none', 'none', 'none',    'none', 'any',   'none'],
];

/** The columns of the table. */
export const rightsColumns: readonly Role[] = [...partnerRoles, 'SERVICE'];

/** The rights table: by `Type.field`, then by role. The schema's `@access` says the same, which a test sees to. */
export const rightsTable: ReadonlyMap<string, Readonly<Record<Role, Right>>> = new Map(
  rows.map(([field, ...rights]) => [
    field,
    Object.fromEntries(rightsColumns.map((role, index) => [role, rights[index] ?? 'none'])) as Record<
      PartnerRole | 'SERVICE',
      Right
    >,
  ]),
);
