import { IdentifierError } from './error.ts';

declare const pcidBrand: unique symbol;

/** A provisioning certificate id in canonical form (VDE-AR-E 2802-100-1): 17 or 18 characters, upper case. */
export type Pcid = string & { readonly [pcidBrand]: true };

const PATTERN = /^[a-zA-Z0-9]{17,18}$/;
const WMI_LENGTH = 3;

/**
 * The canonical form of a PCID, in which it is compared and stored: upper case (VDE-AR-E 2802-100-1). The PCID
 * is the common name of the provisioning certificate.
 * @throws {@link IdentifierError} naming the rule.
 */
export function parsePcid(text: string): Pcid {
  if (!PATTERN.test(text)) throw new IdentifierError('pcid', `must match "${PATTERN.source}"`);
  return text.toUpperCase() as Pcid;
}

/** The world manufacturer identifier of a PCID: its first three characters (ISO 3780). */
export function wmiOf(pcid: Pcid): string {
  return pcid.slice(0, WMI_LENGTH);
}

/**
 * The canonical form of a world manufacturer identifier: three letters or digits, upper case (ISO 3780).
 * @throws {@link IdentifierError} naming the rule.
 */
export function parseWmi(text: string): string {
  if (!/^[a-zA-Z0-9]{3}$/.test(text)) throw new IdentifierError('wmi', 'must be 3 letters or digits');
  return text.toUpperCase();
}
