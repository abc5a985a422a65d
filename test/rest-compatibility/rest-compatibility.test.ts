import { afterAll, beforeAll, describe } from 'vitest';
import { replayCitrineOs } from './clients/citrineos.ts';
import { replayEverest } from './clients/everest.ts';
import { replayMaeve } from './clients/maeve.ts';
import { replayOcppcompote } from './clients/ocppcompote.ts';
import { replaySapEvServer } from './clients/sap-ev-server.ts';
import { sendGeneratedRequests } from './fuzz/generated-requests.ts';
import { sendOtherwise } from './liberal.ts';
import { sendOpcpExamples } from './opcp/examples.ts';
import { openScene, type Scene } from './scene.ts';

describe('the REST door', () => {
  let opened: Scene | undefined;
  const scene = (): Scene => {
    if (opened === undefined) throw new Error('The ecosystem is not running.');
    return opened;
  };
  beforeAll(async () => {
    opened = await openScene();
  });
  afterAll(() => opened?.world.stop());

  replayMaeve(scene);
  replayCitrineOs(scene);
  replayEverest(scene);
  replayOcppcompote(scene);
  replaySapEvServer(scene);
  sendOtherwise(scene);
  sendOpcpExamples(scene);
  // Last: it deletes.
  sendGeneratedRequests(scene);
});
