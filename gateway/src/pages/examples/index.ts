import { cpoExamples } from './cpo.ts';
import { cpsExamples } from './cps.ts';
import type { Example } from './example.ts';
import { moExamples } from './mo.ts';
import { oemExamples } from './oem.ts';
import { operatorExamples } from './operator.ts';

export { parties, placeholders, type Example, type Party } from './example.ts';

/** The saved examples of the editor at `/graphql`, by party. */
export const examples: readonly Example[] = [
  ...oemExamples,
  ...moExamples,
  ...cpoExamples,
  ...cpsExamples,
  ...operatorExamples,
];
