/** Which identifier a text was meant to be. */
export type IdentifierKind = 'pcid' | 'wmi' | 'emaid' | 'providerId' | 'namespace';

/** A text is not the identifier it was meant to be; the message names the rule and may be shown to the caller. */
export class IdentifierError extends Error {
  override readonly name = 'IdentifierError';
  readonly kind: IdentifierKind;

  /** @param rule - What the identifier must be, as the rest of a sentence that begins with its name. */
  constructor(kind: IdentifierKind, rule: string) {
    super(`${kind} : ${rule}`);
    this.kind = kind;
  }
}
