/**
 * SQL that is true of a row of `certificate_status` whose certificate is revoked and stays so: a hold, which may be taken
 * back, is none of these. As the index on these rows has it.
 *
 * @param alias what the table is called in the statement
 */
export const isFinallyRevoked = (alias: string): string =>
  `(${alias}.status = 'REVOKED' AND ${alias}.reason IS DISTINCT FROM 'certificateHold')`;
