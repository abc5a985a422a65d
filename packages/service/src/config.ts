import type { z } from 'zod';

/** A setting is missing or wrong; the message is one sentence a setting, naming it. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/**
 * Reads a process's settings from environment variables, once, at start.
 *
 * @param schema an object schema whose keys are the variables' names
 * @throws {@link ConfigurationError} naming every variable that is missing or wrong; values are not repeated,
 *   since they may be secrets
 */
export function parseConfig<T extends z.ZodType>(schema: T, environment: NodeJS.ProcessEnv): z.output<T> {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  const sentences = result.error.issues.map((issue) => {
    const variable = issue.path.join('.');
    const missing = environment[variable] === undefined;
    return missing ? `${variable} is not set: ${issue.message}` : `${variable} is wrong: ${issue.message}`;
  });
  throw new ConfigurationError(sentences.join('\n'));
}
