import { Iso15118Error } from '../src/index.ts';

/** A reader of hostile input. */
export interface FuzzTarget {
  readonly name: string;
  /** Of all inputs, how many in a hundred go to it. */
  readonly share: number;
  /** Valid inputs, from which the hostile ones are made. */
  readonly corpus: readonly Uint8Array[];
  /** Reads one input; gives whether it was accepted. Anything but an {@link Iso15118Error} that gets out is a fault. */
  readonly read: (octets: Uint8Array) => boolean;
}

/** Whether something is done without one of the errors of the package; any other gets out. */
export function accepts<Value>(act: () => Value, use: (value: Value) => void = () => undefined): boolean {
  let value: Value;
  try {
    value = act();
  } catch (error) {
    if (error instanceof Iso15118Error) return false;
    throw error;
  }
  use(value);
  return true;
}

/** A text in UTF-8. */
export function octetsOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'utf8'));
}

/** Reads JSON by `read`; text that is no JSON never gets that far. */
export function readJsonBy(octets: Uint8Array, read: (value: unknown) => boolean): boolean {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(octets).toString('utf8'));
  } catch {
    return false;
  }
  return read(value);
}
