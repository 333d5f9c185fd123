import type { LambdaSection } from '../../config/lambda-section.js';
import type { LambdaSettings } from './lambda-settings.js';

/** Doubling from the smallest that runs Node well, with 1769 MiB, where a function has one whole processor, and every further one up to six. */
const memorySizes = [512, 1024, 1769, 3538, 5307, 7076, 8845, 10_240] as const;

/** As long as the config takes, characters. */
const longestOwner = 200;

/**
 * Fills in what the config leaves out.
 * @param self whose functions they are where it does not say, such as `ann`
 */
export function lambdaSettings(section: LambdaSection, self: string): LambdaSettings {
  const { region, role, endpoint, clearance, arch, memory, owner, concurrency, timeout, tmp, runtime, store } = section;
  return {
    region,
    role,
    ...(endpoint === undefined ? {} : { endpoint }),
    clearance: clearance ?? 'internal',
    arch: arch ?? 'arm64',
    memoryMib: memory === undefined ? memorySizes : [...new Set(memory.map(mib))].sort((a, b) => a - b),
    owner: owner ?? asOwner(self),
    ...(concurrency === undefined ? {} : { concurrency }),
    timeoutMs: timeout ?? 900_000,
    tmpMib: tmp === undefined ? 512 : mib(tmp),
    runtime: runtime ?? 'nodejs22.x',
    ...(store === undefined ? {} : { store }),
  };
}

function mib(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

/** The owner is the value of a tag: what AWS does not take there (`DOMAIN\\ann`) is replaced. */
function asOwner(user: string): string {
  return user.replace(/[^\p{L}\p{N} _.:/=+@-]/gu, '_').slice(0, longestOwner);
}
