import { registerBackend } from '@megalith/core';

/** Makes the name `standalone` known to executors. What stands behind it is large, and is loaded by whoever goes there. */
export function knowStandalone(): void {
  registerBackend('standalone', async options => (await import('@megalith/standalone')).openStandalone(options));
}
