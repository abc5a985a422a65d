import { eventually } from '../harness/wait.ts';
import type { Cast, Installation } from './installation.ts';

/** Every consumer's cursor, the head of the log that it follows, and whether anything is not logged or compared yet. */
const positions = `
  WITH heads AS (
    SELECT 'rcp' AS pool, log_id || '/' || position AS head FROM rcp.log_head UNION ALL
    SELECT 'pcp', log_id || '/' || position FROM pcp.log_head), cursors AS (
    SELECT 'pcp' AS by, name, log_id || '/' || position AS at FROM pcp.consumer_cursor UNION ALL
    SELECT 'ccp', name, log_id || '/' || position FROM ccp.consumer_cursor UNION ALL
    SELECT 'cps', name, log_id || '/' || position FROM cps.consumer_cursor)
  SELECT (SELECT count(*)::int FROM cursors JOIN heads ON pool = name AND head = at) AS followed,
         EXISTS (SELECT FROM rcp.outbox) OR EXISTS (SELECT FROM pcp.outbox) OR EXISTS (SELECT FROM ccp.outbox)
           OR EXISTS (SELECT FROM ccp.comparison) AS left`;

/** CCP follows PCP, and all three follow RCP. */
const consumers = 4;

/** Waits until all that was done is logged, and all that follows from it is done and logged. */
export async function settled({ database }: Installation): Promise<void> {
  await eventually(
    'what follows from the events',
    async () => {
      const { rows } = await database.query<{ followed: number; left: boolean }>(positions);
      return rows[0]?.followed === consumers && !rows[0].left;
    },
    60_000,
  );
}

/** Waits until all that a pool has done is in its log. */
export async function logged({ database }: Installation, pool: 'rcp' | 'pcp' | 'ccp'): Promise<void> {
  await eventually(`the events of ${pool} are logged`, async () => {
    const { rows } = await database.query(`SELECT FROM ${pool}.outbox LIMIT 1`);
    return rows.length === 0;
  });
}

/** How the pools stand, with the cast's names as numbers. */
export interface EndState {
  readonly cars: readonly string[];
  readonly contracts: readonly string[];
  /** Whether every pool knows the roots that RCP holds, and no others. */
  readonly rootsAgree: boolean;
}

/** What each log tells of each car, contract and root, in order. */
export type Told = Readonly<Record<string, readonly string[]>>;

const carsQuery = `query ($pcids: [PCID!]) {
  provisioningCertificates(where: { pcid: $pcids }, first: 100) { nodes { pcid verdict { status } } } }`;
const contractsQuery = `query ($emaids: [EMAID!]) {
  contracts(where: { emaid: $emaids }, first: 100) {
    nodes { emaid pcid isDefault signedData { verdict { status } } } } }`;

interface Verdict {
  readonly verdict: { readonly status: string };
}
interface Car extends Verdict {
  readonly pcid: string;
}
interface Contract {
  readonly emaid: string;
  readonly pcid: string;
  readonly isDefault: boolean;
  readonly signedData: readonly Verdict[];
}

/** Reads how the pools stand. */
export async function endState(installation: Installation, { pcids, emaids }: Cast): Promise<EndState> {
  const { ask, database } = installation;
  const nodes = async <Node>(field: string, query: string, variables: object): Promise<readonly Node[]> => {
    const { data, code } = await ask('demo-operator', query, variables);
    if (data?.[field] == null) throw new Error(`${field}: ${code ?? 'no data'}`);
    return (data[field] as { nodes: readonly Node[] }).nodes;
  };
  const [carNodes, contractNodes] = [
    await nodes<Car>('provisioningCertificates', carsQuery, { pcids }),
    await nodes<Contract>('contracts', contractsQuery, { emaids }),
  ];
  const { rows } = await database.query<{ agree: boolean }>(
    `SELECT bool_and(known = held) AS agree
       FROM (SELECT array_agg(fingerprint ORDER BY fingerprint) AS held FROM rcp.root_certificate) rcp,
            (SELECT array_agg(fingerprint ORDER BY fingerprint) AS known FROM pcp.trusted_root UNION ALL
             SELECT array_agg(fingerprint ORDER BY fingerprint) FROM ccp.trusted_root UNION ALL
             SELECT array_agg(fingerprint ORDER BY fingerprint) FROM cps.trusted_root) others`,
  );
  return {
    cars: carNodes
      .map(({ pcid, verdict }) => `car ${String(pcids.indexOf(pcid))} is ${verdict.status}`)
      .sort(),
    contracts: contractNodes
      .map(({ emaid, pcid, isDefault, signedData }) => {
        const statuses = signedData.map(({ verdict }) => verdict.status).join();
        const ofCar = `contract ${String(emaids.indexOf(emaid))} of car ${String(pcids.indexOf(pcid))}`;
        return `${ofCar}${isDefault ? ', the default,' : ''} is ${statuses}`;
      })
      .sort(),
    rootsAgree: rows[0]?.agree === true,
  };
}

/** Reads what the logs tell of the cast. */
export async function told({ database }: Installation, { pcids, emaids, movingPki }: Cast): Promise<Told> {
  const { rows } = await database.query<{ subject: string; told: string[] }>(
    `SELECT subject, array_agg(what ORDER BY position) AS told FROM (
       SELECT position, 'root' AS subject, type AS what FROM rcp.log WHERE facts ->> 'fingerprint' = $1 UNION ALL
       SELECT position, 'car ' || (array_position($2::text[], facts ->> 'pcid') - 1),
              type || CASE WHEN (facts ->> 'keyChanged')::boolean THEN ' with a new key' ELSE '' END
         FROM pcp.log WHERE facts ->> 'pcid' = ANY ($2) UNION ALL
       SELECT position, 'contract ' || (array_position($3::text[], facts ->> 'emaid') - 1),
              type || ' ' || (facts ->> 'namespaces')
         FROM ccp.log WHERE facts ->> 'emaid' = ANY ($3)) e
      GROUP BY subject ORDER BY subject`,
    [movingPki.moRoot.certificate.fingerprint, pcids, emaids],
  );
  return Object.fromEntries(rows.map((row) => [row.subject, row.told]));
}
