export { runAudit } from './audit/run.ts';
export { runCleanse } from './cleanse/run.ts';
export { runClient } from './clients/run.ts';
export {
  addDemoClients,
  demoProviderId,
  demoWmi,
  type DemoClient,
  type DemoCredentials,
} from './demo/clients.ts';
export { openDoors, type Credentials, type Doors } from './demo/doors.ts';
export { contractCaInput, signerInput } from './demo/operator-door.ts';
export { buildCar, type Car, type InstalledContract } from './demo/parties/car.ts';
export {
  lookUpVehicle,
  makeContractData,
  makeEmaid,
  type FoundVehicle,
} from './demo/parties/mobility-operator.ts';
export { demoKeys, editions, type DemoPkis, type Edition } from './demo/keys.ts';
export { buildIso20Car, type Iso20Car } from './demo/parties/iso20-car.ts';
export { demoPkisOf, importDemoKeys, seedDemo } from './demo/seed.ts';
export { playStory, type StoryOptions, type StoryStep } from './demo/story.ts';
export { isExiCommand, runExi } from './exi/index.ts';
export { explain } from './explain.ts';
export { migrateAll } from './migrations.ts';
export { runSigner } from './signers/run.ts';
export { startEcosystem, type Ecosystem, type EcosystemOptions } from './start/ecosystem.ts';
export { readOrMakeSecrets } from './start/secrets.ts';
export { runGateway } from './distributed/gateway.ts';
export { runSubgraph } from './distributed/subgraph.ts';
export { requireOwnHealthPort, revocationSettings, type RevocationSettings } from './distributed/settings.ts';
export { limitNames, limitSettings, limitsOf, type LimitDeps } from './distributed/limit-settings.ts';
