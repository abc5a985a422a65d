import { BaseSequencer, type TestSpecification } from 'vitest/node';

const crossesPackages = ({ project, moduleId }: TestSpecification): boolean =>
  moduleId.startsWith(`${project.globalConfig.root}/test/`);

/** Takes what crosses packages first: it is slow, and begun last it would leave the other workers without work. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(crossesPackages), ...sorted.filter((file) => !crossesPackages(file))];
  }
}
