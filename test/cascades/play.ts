import { makeContractData, type DemoClient } from '@chargegraph/cli';
import { issueProvisioningCertificate, toPem, type Certificate } from '@chargegraph/pki';
import { signOutside } from '../harness/contract-data.ts';
import { publishCarInput } from '../harness/parties.ts';
import { pause } from '../harness/wait.ts';
import type { Cast, Installation } from './installation.ts';
import type { Move } from './moves.ts';

/** What a mutation is answered with while something it needs is away. */
const awayCodes = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED']);
const patience = 60_000;

/** One party's mutation; `again` says what is meant when it is sent again since nobody knows what became of it. */
interface Sending {
  readonly client: DemoClient;
  readonly name: string;
  readonly input: object;
  /** A refusal that, after a try without an answer, says that the try was carried out. */
  readonly doneWhen?: string;
  /** Whether a try without an answer was carried out, where doing it twice would show. */
  readonly wasDone?: () => Promise<boolean>;
}

/** Plays a cast's moves at an installation, each until it is carried out, and once only. */
export function createPlayer(installation: Installation, { pcids, emaids, movingPki }: Cast) {
  const { pki, database } = installation;
  const certificates = new Map<number, Certificate>();
  const nameOf = (list: readonly string[], index: number): string => {
    const name = list[index];
    if (name === undefined) throw new Error(`The cast has no number ${String(index)}.`);
    return name;
  };

  /** How often the pool of cars has noted a reset, once whoever may be at it has ended. */
  async function resetsOf(pcid: string): Promise<number> {
    await database.query('BEGIN');
    await database.query('LOCK TABLE pcp.outbox IN SHARE MODE');
    const { rows } = await database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM (SELECT type, facts FROM pcp.log UNION ALL SELECT type, facts FROM pcp.outbox) e
        WHERE type = 'PROVISIONING_CERTIFICATE_FACTORY_RESET' AND facts ->> 'pcid' = $1`,
      [pcid],
    );
    await database.query('COMMIT');
    return rows[0]?.count ?? 0;
  }

  async function newCertificate(car: number): Promise<Certificate> {
    const { certificate } = await issueProvisioningCertificate(pki, { pcid: nameOf(pcids, car) });
    certificates.set(car, certificate);
    return certificate;
  }

  async function sendingOf(move: Move): Promise<Sending> {
    const client = 'demo-oem';
    switch (move.kind) {
      case 'publishCar':
      case 'changeKey': {
        const input = publishCarInput(pki, await newCertificate(move.car));
        return { client, name: 'publishProvisioningCertificate', input };
      }
      case 'deleteCar': {
        const input = { pcid: nameOf(pcids, move.car) };
        return { client, name: 'deleteProvisioningCertificate', input, doneWhen: 'NOT_FOUND' };
      }
      case 'resetCar': {
        const pcid = nameOf(pcids, move.car);
        const before = await resetsOf(pcid);
        const wasDone = async () => (await resetsOf(pcid)) > before;
        return { client, name: 'factoryResetVehicle', input: { pcid }, wasDone };
      }
      case 'publishContract':
        return await contractOf(move);
      case 'addRoot': {
        const input = { certificate: toPem(movingPki.moRoot.certificate), type: 'MO' };
        return { client: 'demo-operator', name: 'addRootCertificate', input };
      }
      case 'removeRoot': {
        const input = { fingerprint: movingPki.moRoot.certificate.fingerprint, reason: 'It moves.' };
        return { client: 'demo-operator', name: 'removeRootCertificate', input, doneWhen: 'NOT_FOUND' };
      }
    }
  }

  async function contractOf(move: Extract<Move, { kind: 'publishContract' }>): Promise<Sending> {
    const car = certificates.get(move.car);
    if (car === undefined) throw new Error('The car was not published.');
    const [emaid, pcid] = [nameOf(emaids, move.contract), nameOf(pcids, move.car)];
    const mo = move.underMovingRoot ? movingPki : pki;
    if (move.signedHere) {
      const data = await makeContractData(mo, emaid, { certificate: car, root: '' });
      return { client: 'demo-mo', name: 'signContractData', input: { ...data, pcid } };
    }
    const signedContractData = await signOutside({ emaid, car, mo, cps: pki });
    return { client: 'demo-mo', name: 'publishContract', input: { signedContractData, pcid } };
  }

  return async function play(move: Move): Promise<void> {
    const { client, name, input, doneWhen, wasDone } = await sendingOf(move);
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { code message } } }`;
    const end = Date.now() + patience;
    for (let tries = 1; ; tries++) {
      const { data, code } = await installation
        .ask(client, query, { input })
        .catch(() => ({ data: undefined, code: 'UNAVAILABLE' }));
      const payload = data?.[name] as
        { userErrors: readonly { code: string; message: string }[] } | null | undefined;
      const refusal = payload?.userErrors[0];
      if (payload != null && refusal === undefined) return;
      if (tries > 1 && refusal !== undefined && refusal.code === doneWhen) return;
      if (refusal !== undefined || !awayCodes.has(code ?? '')) {
        throw new Error(`${JSON.stringify(move)}: ${refusal?.message ?? code ?? 'no answer'}`);
      }
      if ((await wasDone?.()) === true) return;
      if (Date.now() > end) throw new Error(`${JSON.stringify(move)} could not be carried out.`);
      await pause(20);
    }
  };
}
