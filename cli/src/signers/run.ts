import { z } from 'zod';
import { EncryptedFileKeyStore, type Certificate } from '@chargegraph/pki';
import { ChargeGraphError, ConfigurationError, parseConfig } from '@chargegraph/service';
import { keyStoreSettings } from '../distributed/settings.ts';
import { openGateway } from './door.ts';
import { readCertificates, readKeyOf, toPems } from './files.ts';
import { addMutation, listQuery, retireMutation, type SignerPage, type SignerPayload } from './operations.ts';

const list = z.preprocess(
  (value): unknown => (value === undefined ? [] : Array.isArray(value) ? value : [value]),
  z.array(z.coerce.string()),
);

/** The command line's parser takes what looks like a number for one. */
const text = z.union([z.string(), z.number().transform(String)]).optional();

const optionsSchema = z.object({
  url: text,
  certificate: text,
  chain: list,
  key: text,
  keyReference: text,
  namespace: text,
  default: z.boolean().optional(),
  id: text,
  fingerprint: text,
  reason: text,
  newDefault: text,
});

type Options = z.infer<typeof optionsSchema>;

/** What a namespace may be called on the command line. */
const namespaces: Readonly<Record<string, string>> = {
  ISO15118_2: 'ISO15118_2',
  'iso15118-2': 'ISO15118_2',
  ISO15118_20: 'ISO15118_20',
  'iso15118-20': 'ISO15118_20',
};

const actions: Readonly<Record<string, typeof add>> = { add, retire, list: listAll };

/**
 * `chargegraph signer add|retire|list`: manages the provisioning service's signers at a running gateway, and prints
 * each signer as a line of JSON.
 *
 * @throws ConfigurationError with one sentence for whatever its user can mend
 */
export async function runSigner(
  action: string,
  rawOptions: Record<string, unknown>,
  environment: NodeJS.ProcessEnv,
  print: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
): Promise<void> {
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (run === undefined) throw new ConfigurationError('signer takes the actions add, retire and list.');
  const parsed = optionsSchema.safeParse(rawOptions);
  if (!parsed.success) {
    const name = String(parsed.error.issues[0]?.path[0]).replace(
      /[A-Z]/g,
      (letter) => `-${letter.toLowerCase()}`,
    );
    throw new ConfigurationError(`--${name} is wrong: give it one value.`);
  }
  for (const signer of await run(parsed.data, environment)) print(JSON.stringify(signer));
}

async function add(options: Options, environment: NodeJS.ProcessEnv): Promise<readonly object[]> {
  const [certificate, ...issuers] = await readCertificates('certificate', [
    required(options.certificate, 'certificate'),
  ]);
  if (certificate === undefined) throw new ConfigurationError('--certificate: there is none in the file.');
  const chain = [...issuers, ...(await readCertificates('chain', options.chain))];
  const keyReference = await keyReferenceOf(options, certificate, environment);
  const ask = await openGateway(options.url, environment);
  const input = {
    certificate: toPems([certificate])[0],
    subCaCertificates: toPems(withoutRoots(chain, certificate)),
    keyReference,
    namespace: namespaceOf(options) ?? 'ISO15118_2',
    makeDefault: options.default ?? false,
  };
  const { addCpsSigner } = await ask<{ addCpsSigner: SignerPayload }>(addMutation, { input });
  return [signerOf(addCpsSigner)];
}

async function retire(options: Options, environment: NodeJS.ProcessEnv): Promise<readonly object[]> {
  const reason = required(options.reason, 'reason');
  const { id, fingerprint, newDefault } = options;
  const namespace = namespaceOf(options);
  if ((id === undefined) === (fingerprint === undefined)) {
    throw new ConfigurationError('Name the signer by --id, or by --fingerprint and --namespace.');
  }
  const named = id === undefined ? { fingerprint, namespace: required(namespace, 'namespace') } : { id };
  const input = { ...named, reason, newDefault };
  const ask = await openGateway(options.url, environment);
  const { retireCpsSigner } = await ask<{ retireCpsSigner: SignerPayload }>(retireMutation, { input });
  return [signerOf(retireCpsSigner)];
}

async function listAll({ url }: Options, environment: NodeJS.ProcessEnv): Promise<readonly object[]> {
  const ask = await openGateway(url, environment);
  const signers: object[] = [];
  let after: string | null = null;
  for (;;) {
    const { cpsSigners }: SignerPage = await ask<SignerPage>(listQuery, { after });
    signers.push(...cpsSigners.nodes);
    if (!cpsSigners.pageInfo.hasNextPage) return signers;
    after = cpsSigners.pageInfo.endCursor;
  }
}

/** The reference of the key, which is put into the key store first when it is given as a file. */
async function keyReferenceOf(
  { key, keyReference }: Options,
  certificate: Certificate,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  if (key === undefined) {
    return required(keyReference, 'key-reference', '--key or --key-reference is missing.');
  }
  const settings = parseConfig(keyStoreSettings, environment);
  const reference = keyReference ?? `cps-${certificate.fingerprint.slice(0, 16)}`;
  const privateKey = await readKeyOf(certificate, key);
  const keyStore = new EncryptedFileKeyStore({
    folder: settings.CHARGEGRAPH_KEYS,
    passphrase: settings.CHARGEGRAPH_KEY_PASSPHRASE,
  });
  try {
    await keyStore.importKey(reference, privateKey);
  } catch (error) {
    if (error instanceof ChargeGraphError) throw new ConfigurationError(error.message, { cause: error });
    throw error;
  }
  return reference;
}

/** Chain files often hold the leaf and the root too, which the graph does not want to be given. */
function withoutRoots(chain: readonly Certificate[], leaf: Certificate): Certificate[] {
  return chain.filter(
    ({ fingerprint, subjectKey, issuerKey }) => fingerprint !== leaf.fingerprint && subjectKey !== issuerKey,
  );
}

function namespaceOf({ namespace }: Options): string | undefined {
  if (namespace === undefined) return undefined;
  if (Object.hasOwn(namespaces, namespace)) return namespaces[namespace];
  throw new ConfigurationError('--namespace must be ISO15118_2 or ISO15118_20.');
}

function required(value: string | undefined, option: string, sentence = `--${option} is missing.`): string {
  if (value !== undefined && value !== '') return value;
  throw new ConfigurationError(sentence);
}

function signerOf({ cpsSigner, userErrors }: SignerPayload): object {
  const [refusal] = userErrors;
  if (refusal !== undefined) throw new ConfigurationError(refusal.message);
  if (cpsSigner === null) throw new ConfigurationError('The gateway did not say what became of the signer.');
  return cpsSigner;
}
