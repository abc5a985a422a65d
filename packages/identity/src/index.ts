export {
  hasAnyRole,
  ownsContract,
  ownsVehicle,
  rightsKey,
  serviceActingFor,
  serviceCaller,
  type Caller,
} from './caller.ts';
export { createInternalTokens, type InternalAudience, type InternalTokens } from './internal-tokens.ts';
export { normaliseRoles, partnerRoles, type PartnerRole, type Role } from './roles.ts';
export { rightsColumns, rightsTable, type Right } from './rights-table.ts';
export { createAuthenticator, type Authentication, type Authenticator } from './authenticator.ts';
export {
  clientSortKey,
  type Client,
  type ClientChange,
  type ClientCredentials,
  type ClientFilter,
  type ClientOrder,
  type ClientPage,
  type ClientReads,
  type ClientRecord,
  type Clients,
  type ClientWrites,
  type IssuedCredentials,
  type NewClient,
} from './clients/client.ts';
export { createClients } from './clients/clients.ts';
export { isClientId } from './clients/rules.ts';
export {
  openIssuer,
  type IssuedToken,
  type IssuerOptions,
  type TokenIssuer,
  type VerifiedToken,
} from './issuer.ts';
export { identityMigrations } from './migrations.ts';
