import { parseArgs } from 'node:util';
import { ConfigurationError } from '@chargegraph/service';

/** What `chargegraph client` does. */
export const clientActions = ['add', 'list', 'rotate-secret', 'disable', 'enable'] as const;

/** One of {@link clientActions}. */
export type ClientAction = (typeof clientActions)[number];

/** The arguments of `chargegraph client`, each as it was typed. */
export interface ClientArguments {
  readonly action: ClientAction;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly organisation: string | undefined;
  /** Undefined when none was given. */
  readonly roles: readonly string[] | undefined;
  readonly wmis: readonly string[] | undefined;
  readonly providerIds: readonly string[] | undefined;
  /** Undefined when both are wanted. */
  readonly enabled: boolean | undefined;
  readonly json: boolean;
}

const text = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean' } as const;

const options = {
  id: text,
  name: text,
  organisation: text,
  role: text,
  wmi: text,
  'provider-id': text,
  enabled: flag,
  disabled: flag,
  json: flag,
} as const;

type Option = keyof typeof options;

const ofOne: readonly Option[] = ['id'];
const allowed: Readonly<Record<ClientAction, readonly Option[]>> = {
  add: ['id', 'name', 'organisation', 'role', 'wmi', 'provider-id'],
  list: ['organisation', 'role', 'wmi', 'provider-id', 'enabled', 'disabled', 'json'],
  'rotate-secret': ofOne,
  disable: ofOne,
  enable: ofOne,
};

const isAction = (name: string | undefined): name is ClientAction =>
  clientActions.some((action) => action === name);

/**
 * Reads what stands behind `chargegraph client`.
 *
 * @throws ConfigurationError with a sentence that names the argument
 */
export function readClientArguments(given: readonly string[]): ClientArguments {
  const { values, positionals } = parse(given);
  const [action, ...ids] = positionals;
  if (!isAction(action)) {
    throw new ConfigurationError(
      `client takes one of the actions ${clientActions.join(', ')}${action === undefined ? '' : `, not "${action}"`}.`,
    );
  }
  const foreign = Object.keys(values).find((name) => !allowed[action].some((each) => each === name));
  if (foreign !== undefined) throw new ConfigurationError(`client ${action} takes no --${foreign}.`);
  if (action === 'list' && ids[0] !== undefined)
    throw new ConfigurationError('client list takes no client id: narrow the list by its options.');
  const once = (name: 'name' | 'organisation') => {
    const [first, second] = values[name] ?? [];
    if (second !== undefined) throw new ConfigurationError(`--${name} is there twice.`);
    return first;
  };
  const [id, another] = [...ids, ...(values.id ?? [])];
  if (another !== undefined) throw new ConfigurationError(`client ${action} takes one client id.`);
  if (action !== 'add' && action !== 'list' && id === undefined)
    throw new ConfigurationError(`Say which client: client ${action} <id>.`);
  for (const name of ['name', 'organisation', 'role'] as const) {
    if (action === 'add' && values[name] === undefined) throw new ConfigurationError(`--${name} is missing.`);
  }
  if (values.enabled === true && values.disabled === true)
    throw new ConfigurationError('Give --enabled or --disabled, not both.');
  return {
    action,
    id,
    name: once('name'),
    organisation: once('organisation'),
    roles: values.role,
    wmis: values.wmi,
    providerIds: values['provider-id'],
    enabled: values.disabled === true ? false : values.enabled,
    json: values.json === true,
  };
}

function parse(given: readonly string[]) {
  try {
    return parseArgs({ args: [...given], options, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // The first sentence says what is wrong, the others how Node's parser could be got round.
    throw new ConfigurationError(`${error.message.split('. ')[0]?.replace(/\.$/, '') ?? ''}.`);
  }
}
