/** The pools as the rules say they are, in the simplest form: what the ecosystem is compared with. */
export interface Model {
  /** Published cars by PCID. */
  readonly cars: Set<string>;
  /** Contracts by EMAID. */
  readonly contracts: Map<string, { readonly pcid: string; readonly providerId: string }>;
  /** The default contract's EMAID by PCID. */
  readonly defaults: Map<string, string>;
}

/** What an operation comes to. */
export type Result = 'done' | 'NOT_FOUND' | 'FORBIDDEN' | 'EMAID_IN_USE';

export const emptyModel = (): Model => ({ cars: new Set(), contracts: new Map(), defaults: new Map() });

const contractsOf = (model: Model, pcid: string) =>
  [...model.contracts].filter(([, contract]) => contract.pcid === pcid).map(([emaid]) => emaid);

function dropContract(model: Model, emaid: string): void {
  const contract = model.contracts.get(emaid);
  model.contracts.delete(emaid);
  if (contract !== undefined && model.defaults.get(contract.pcid) === emaid)
    model.defaults.delete(contract.pcid);
}

/** A car maker publishes a car, or its renewed certificate; a new key ends the contracts wrapped for the old one. */
export function publishCar(model: Model, pcid: string, own: boolean, newKey: boolean): Result {
  if (!own) return 'FORBIDDEN';
  if (newKey && model.cars.has(pcid))
    for (const emaid of contractsOf(model, pcid)) dropContract(model, emaid);
  model.cars.add(pcid);
  return 'done';
}

/** A car maker resets a car, or takes it out: its contracts go. */
export function endContracts(model: Model, pcid: string, own: boolean, takeOut: boolean): Result {
  if (!own || !model.cars.has(pcid)) return 'NOT_FOUND';
  for (const emaid of contractsOf(model, pcid)) dropContract(model, emaid);
  if (takeOut) model.cars.delete(pcid);
  return 'done';
}

/** A mobility operator publishes a contract; it becomes the default of a car that has none. */
export function publishContract(model: Model, emaid: string, pcid: string, providerId: string): Result {
  if (!emaid.startsWith(providerId)) return 'FORBIDDEN';
  if (!model.cars.has(pcid)) return 'NOT_FOUND';
  const existing = model.contracts.get(emaid);
  if (existing !== undefined) return existing.pcid === pcid ? 'done' : 'EMAID_IN_USE';
  if (contractsOf(model, pcid).length === 0) model.defaults.set(pcid, emaid);
  model.contracts.set(emaid, { pcid, providerId });
  return 'done';
}

/** A mobility operator deletes a contract; no other one becomes the default. */
export function deleteContract(model: Model, emaid: string, providerId: string): Result {
  if (model.contracts.get(emaid)?.providerId !== providerId) return 'NOT_FOUND';
  dropContract(model, emaid);
  return 'done';
}

/** A car maker chooses which contract its car is given. */
export function setDefault(model: Model, emaid: string, pcid: string, own: boolean): Result {
  if (!own || model.contracts.get(emaid)?.pcid !== pcid) return 'NOT_FOUND';
  model.defaults.set(pcid, emaid);
  return 'done';
}
