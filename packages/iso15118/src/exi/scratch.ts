/** Octets that fit into {@link scratch}; whatever is longer goes through it in pieces. */
export const SCRATCH_SIZE = 4096;

/**
 * Where octets are shifted into place on their way in or out. Shared by everything, so nothing may be expected to stay
 * there beyond the function that put it there.
 */
export const scratch = new Uint8Array(SCRATCH_SIZE);

/** The same octets as a Buffer, for what only that can do. */
export const scratchBuffer = Buffer.from(scratch.buffer);

/** {@link scratch}, to be read and written four octets at a time. */
export const scratchView = viewOf(scratch);

/** The same octets as a DataView. */
export function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

/**
 * Whether the first `length` octets of {@link scratch} are all printable ASCII, 0x20 to 0x7f: characters that an EXI
 * string holds in one octet each, and none of those that XML forbids.
 */
export function isPlainText(length: number): boolean {
  let index = 0;
  let found = 0;
  for (; index + 4 <= length; index += 4) {
    const word = scratchView.getInt32(index);
    // A top bit is set by octets from 0x80 on and, once 0x20 is taken off each, by those below 0x20. A borrow can
    // reach a neighbour, but only from an octet that is found anyway.
    found |= word | (word - 0x20202020);
  }
  for (; index < length; index++) {
    const octet = scratchView.getUint8(index);
    found |= (octet | (octet - 0x20)) << 24;
  }
  return (found & 0x80808080) === 0;
}
