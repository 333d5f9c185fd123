import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Where the long files are, the longest first: minutes, then down to some seconds. Measured on 2 cores. */
const long = [
  'test/src/conformance/standalone-ec2',
  'test/src/conformance/standalone-ssh',
  'test/src/conformance/',
  'packages/standalone/src/bootstrap/deliver-node',
  'test/src/faults/',
  'test/src/ec2/hosts/',
  'test/src/e2e/',
  'test/src/hosts/',
  'test/src/',
  'packages/standalone/src/ssh/',
  'packages/core/src/files/',
  'packages/cli/src/e2e/',
  'packages/standalone/src/bootstrap/',
];

/** The place of a file in the order; what is not named comes last, and pure tests, which are short, after all others. */
export function rankOf(path: string, project: string): number {
  if (project === 'pure') return long.length + 1;
  const rank = long.findIndex(start => path.includes(`/${start}`));
  return rank < 0 ? long.length : rank;
}

/**
 * Begins with the files that take longest, so that none of them is left alone at the end. Vitest knows how long files took only where it has run before,
 * which a clean checkout has not; there it goes by their size, and the longest are small.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = (file: TestSpecification): number => rankOf(file.moduleId, file.project.name);
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
