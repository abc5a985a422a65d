/**
 * Why a source gave no verdict, as a phrase that completes "the source …". Nothing that the network or the other side
 * does leaves this folder in another form.
 */
export class NoVerdict extends Error {
  override readonly name: string = 'NoVerdict';
}

/** A request that brought no answer. */
export class FetchFailure extends NoVerdict {
  override readonly name = 'FetchFailure';
  /** True when the host itself is at fault, so that others need not try it at once. */
  readonly ofHost: boolean;

  constructor(phrase: string, options: { readonly ofHost: boolean; readonly cause?: unknown }) {
    super(phrase, { cause: options.cause });
    this.ofHost = options.ofHost;
  }
}
