export { auditTablesPath, readAuditTables } from './audit-tables.ts';
export {
  recordRefusal,
  recordWrite,
  type Act,
  type AuditTransaction,
  type RefusalEntry,
  type WriteEntry,
} from './record.ts';
