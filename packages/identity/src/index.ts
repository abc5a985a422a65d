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
  createClients,
  type Client,
  type ClientCredentials,
  type Clients,
  type NewClient,
} from './clients.ts';
export {
  openIssuer,
  type IssuedToken,
  type IssuerOptions,
  type TokenIssuer,
  type VerifiedToken,
} from './issuer.ts';
export { identityMigrations } from './migrations.ts';
