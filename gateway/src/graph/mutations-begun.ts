import { Lexer, Source, TokenKind } from 'graphql';

/**
 * The names of the root fields with which a document's mutation begins, each once, read off its first tokens: for a document
 * that is too long to be parsed. What is in fragments is not looked up.
 *
 * @returns undefined when no mutation of that name begins there
 */
export function mutationsBegun(
  text: string,
  { maxTokens, operationName }: { readonly maxTokens: number; readonly operationName: string | undefined },
): readonly string[] | undefined {
  const tokens = tokensOf(text, maxTokens);
  const names = new Set<string>();
  let found = false;
  let [braces, parentheses, inMutation] = [0, 0, false];
  for (const [index, { kind, value }] of tokens.entries()) {
    const before = tokens[index - 1];
    if (kind === TokenKind.PAREN_L) parentheses += 1;
    else if (kind === TokenKind.PAREN_R) parentheses -= 1;
    else if (parentheses > 0) continue;
    else if (kind === TokenKind.BRACE_L) braces += 1;
    else if (kind === TokenKind.BRACE_R) {
      braces -= 1;
      if (braces === 0) inMutation = false;
    } else if (kind === TokenKind.NAME && braces === 0 && begins(before?.kind) && value === 'mutation') {
      const next = tokens[index + 1];
      const name = next?.kind === TokenKind.NAME ? next.value : undefined;
      inMutation = operationName === undefined || operationName === name;
      found ||= inMutation;
    } else if (kind === TokenKind.NAME && braces === 1 && inMutation) {
      const isAlias = tokens[index + 1]?.kind === TokenKind.COLON;
      const isOther =
        before?.kind === TokenKind.SPREAD || before?.kind === TokenKind.AT || before?.value === 'on';
      if (!isAlias && !isOther) names.add(value);
    }
  }
  return found ? [...names] : undefined;
}

/** Whether a definition may begin behind such a token. */
const begins = (before: TokenKind | undefined) => before === undefined || before === TokenKind.BRACE_R;

interface ReadToken {
  readonly kind: TokenKind;
  readonly value: string;
}

/** The first tokens, up to the end or to what is none. */
function tokensOf(text: string, maxTokens: number): readonly ReadToken[] {
  const lexer = new Lexer(new Source(text));
  const tokens: ReadToken[] = [];
  try {
    while (tokens.length < maxTokens) {
      const { kind, value } = lexer.advance();
      if (kind === TokenKind.EOF) break;
      tokens.push({ kind, value });
    }
  } catch {
    // What stands before it was read.
  }
  return tokens;
}
