export { auditTablesPath, readAuditTables } from './audit-tables.ts';
export { createAudit, type Audit } from './audit.ts';
export { claimedClient } from './client-object.ts';
export {
  type AuditFilter,
  type AuditLog,
  type AuditOrder,
  type AuditPage,
  type SealedRecord,
} from './log.ts';
export {
  recordRefusal,
  recordWrite,
  type Act,
  type AuditTransaction,
  type RefusalEntry,
  type WriteEntry,
} from './record.ts';
export { ofNobody, type RefusedWrite, type Refusals } from './refusals.ts';
export { verifyChain, type ChainFault, type ChainPoint, type ChainReport } from './verify.ts';
