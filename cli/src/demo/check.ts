/** Checks a step's result: the story stops at the first thing that is not as it should be. */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`This should hold and does not: ${what}`);
}

/** A mutation's payload without refusals; throws with the first one otherwise. */
export function accepted<P extends { readonly userErrors: readonly { readonly message: string }[] }>(
  payload: P,
): P {
  const refusal = payload.userErrors[0];
  if (refusal !== undefined) throw new Error(`Refused: ${refusal.message}`);
  return payload;
}
