import type { JsonObject } from '@chargegraph/events';
import { ChargeGraphError } from '@chargegraph/service';

/** The members of these names that are there and not null. */
export function pick(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = object[name];
      return value == null ? [] : [[name, value]];
    }),
  );
}

/**
 * An identifier of a `where` in its canonical form.
 *
 * @throws ChargeGraphError BAD_INPUT naming the condition
 */
export function canonical(name: string, text: string, parse: (text: string) => string): string {
  try {
    return parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : `${name} is malformed`;
    throw new ChargeGraphError('BAD_INPUT', message, { path: ['where', name], cause });
  }
}

/** Texts that are remembered. */
const mostRemembered = 2_000;

/**
 * The same parser, which remembers what it lately parsed: thousands of subscribers ask about one event after the other, and
 * each who comes back about all that happened meanwhile.
 */
export function remembering<Result>(parse: (text: string) => Result): (text: string) => Result {
  let last: { readonly text: string; readonly result: Result } | undefined;
  const known = new Map<string, { readonly text: string; readonly result: Result }>();
  return (text) => {
    if (last?.text === text) return last.result;
    let found = known.get(text);
    if (found === undefined) {
      found = { text, result: parse(text) };
      if (known.size >= mostRemembered) known.clear();
      known.set(text, found);
    }
    last = found;
    return found.result;
  };
}
