import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where `.ci/install-instances` and `.ci/install-moto` put what they make. */
export const testCache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'megalith-test');
