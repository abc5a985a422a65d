/** For strings whose type sets no length: only what is left of the input bounds them. */
export const UNBOUNDED = 0x7fff_ffff;
