import { type Backend, MegalithError, registerBackend } from '@megalith/core';

/** Makes the name `standalone` known to executors, so that asking for it says what is missing. */
export function registerStandalone(): void {
  registerBackend('standalone', createStandaloneBackend);
}

/** @throws MegalithError NOT_CONFIGURED: this release has no provider of machines */
function createStandaloneBackend(): Backend {
  throw new MegalithError(
    'NOT_CONFIGURED',
    'the backend "standalone" has no machines: this release brings no provider for it',
    {
      hint: "use the backend 'local', which is this machine",
    },
  );
}
