export { refuseLargeBodies } from './body-limit.ts';
export { accessRoles, enforceAccess, requireRole } from './access.ts';
export { auditRecords, type AuditArguments } from './audit-records.ts';
export {
  certificateFields,
  certificateResolvers,
  verdictOfDates,
  type CertificateFields,
  type CertificateRevocationFields,
  type CertificateVerdictFields,
} from './certificate-fields.ts';
export {
  maxPageSize,
  fingerprintKey,
  identifierKey,
  instantKey,
  pageRequest,
  toConnection,
  type Connection,
  type ConnectionArguments,
  type KeyShape,
  type PageRequest,
} from './connection.ts';
export { endingWithin, readDuration, showDuration, type EndWindow } from './duration.ts';
export {
  formatGraphQLError,
  toUserError,
  withUserErrors,
  type UserError,
  type UserErrorCode,
} from './errors.ts';
export { globalId, readGlobalId, type EntityType } from './global-id.ts';
export { createGraphClient, type GraphClient, type GraphTransport } from './graph-client.ts';
export { objectOfInput } from './object-of-input.ts';
export { actOf, answersOnly, isRefusedWrite, type RefusedWriteOptions } from './refused-writes.ts';
export { checkRequestLimits, defaultDeadlineMs, maxHops, type RequestContext } from './request-context.ts';
export { scalarResolvers } from './scalars.ts';
export {
  createSubgraphExecutor,
  createSubgraphSchema,
  type Subgraph,
  type SubgraphRequest,
  type SubgraphResponse,
} from './subgraph.ts';
export {
  pools,
  schemaFolder,
  standalonePools,
  subgraphSdl,
  supergraphSdl,
  type Pool,
  type StandalonePool,
} from './sdl.ts';
export {
  internalHeaders,
  maximumInternalBody,
  postInternally,
  type InternalEndpoint,
} from './internal-http.ts';
export {
  answerInternally,
  createSubgraphServer,
  readInternalRequest,
  refuseStrangers,
} from './internal-server.ts';
export { endIdleWhileClosing } from './closing.ts';
export { createHttpGraphTransport, createRemoteSubgraph } from './remote-subgraph.ts';
export { logReader } from './log-reader.ts';
