import { createAnswerCheck, createValidator, type Operation } from '../opcp-document.ts';
import { exchange, type Received } from '../wire.ts';
import { requestAt, type Generated, type Ingredients } from './requests.ts';

/** What a run found. */
export interface FuzzResult {
  /** Answers by operation and status. */
  readonly answers: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly seconds: number;
  /** The first request that was not answered as documented, in words; undefined when all were. */
  readonly fault: string | undefined;
}

/**
 * Holds every answer against the document. A request to another path or by another method is answered as the operation
 * is documented, or with a refusal of its own: nothing there, no such method, malformed; and HEAD and OPTIONS without a
 * body.
 */
function createJudge(operations: readonly Operation[]) {
  const check = createAnswerCheck();
  const validate = createValidator();
  const refusal = operations.find(({ operationId }) => operationId === 'getRootCert')?.responses['400']
    ?.schema;
  const isRefusal = ({ status, text }: Received): boolean => {
    if (![400, 401, 403, 404, 405, 413, 415, 431].includes(status)) return false;
    try {
      return validate(refusal ?? {}, JSON.parse(text)) === undefined;
    } catch {
      return false;
    }
  };
  return ({ operation, straight, sent }: Generated, answer: Received): string | undefined => {
    const fault = check(operation, answer);
    if (fault === undefined || straight) return fault;
    if (answer.status >= 500) return fault;
    if (answer.text === '') return ['HEAD', 'OPTIONS'].includes(sent.method) ? undefined : fault;
    const others = operations.filter(({ path }) => path === operation.path);
    return isRefusal(answer) || others.some((other) => check(other, answer) === undefined)
      ? undefined
      : fault;
  };
}

/** Sends generated requests one after the other, from the one numbered `from` on, until one is not answered as documented. */
export async function runFuzz(
  base: string,
  ingredients: Ingredients,
  { seed, from, count }: { readonly seed: number; readonly from: number; readonly count: number },
  onProgress: (done: number) => void = () => undefined,
): Promise<FuzzResult> {
  const judge = createJudge(ingredients.operations);
  const answers = new Map<string, Map<number, number>>();
  const start = performance.now();
  let fault: string | undefined;
  for (let index = from; index < from + count && fault === undefined; index++) {
    const generated = requestAt(ingredients, { seed, index });
    const { operation, who, sent } = generated;
    const answer = await exchange(base, sent).catch((error: unknown) => String(error));
    const wrong = typeof answer === 'string' ? answer : judge(generated, answer);
    const row = answers.get(operation.operationId) ?? new Map<number, number>();
    const status = typeof answer === 'string' ? 0 : answer.status;
    answers.set(operation.operationId, row.set(status, (row.get(status) ?? 0) + 1));
    if (wrong !== undefined) {
      const request = { ...sent, headers: sent.headers.filter(([name]) => name !== 'Authorization') };
      fault = `seed ${seed}, request ${index}, as ${who}: ${JSON.stringify(request).slice(0, 2_000)}\nis answered: ${wrong}`;
    }
    onProgress(index - from + 1);
  }
  return { answers, seconds: (performance.now() - start) / 1_000, fault };
}
