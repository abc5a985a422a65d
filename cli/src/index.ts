export {
  addDemoClients,
  demoProviderId,
  demoWmi,
  type DemoClient,
  type DemoCredentials,
} from './demo/clients.ts';
export { playStory, type StoryOptions } from './demo/story.ts';
export { seedDemo } from './demo/seed.ts';
export { migrateAll } from './migrations.ts';
export { startEcosystem, type Ecosystem, type EcosystemOptions } from './start/ecosystem.ts';
