import type { FunctionExecutor } from '@megalith/core';
import { describe } from 'vitest';
import { calls } from './calls.js';
import { cancelling } from './cancelling.js';
import { commands } from './commands.js';
import { context } from './context.js';
import { dropIns } from './drop-ins.js';
import { jobsApart } from './jobs-apart.js';
import { lazyInputs } from './lazy-inputs.js';
import { logs } from './logs.js';
import { maps } from './maps.js';
import { nesting } from './nesting.js';
import { objects } from './objects.js';
import type { Capabilities, Place } from './place.js';
import { planning } from './planning.js';
import { reduces } from './reduces.js';
import { retries } from './retries.js';
import { scale } from './scale.js';
import { sharedInputs } from './shared-inputs.js';
import { shipping } from './shipping.js';
import { shippingRefusals } from './shipping-refusals.js';
import { stats } from './stats.js';
import { values } from './values.js';
import { waiting } from './waiting.js';
import { workerDeaths } from './worker-deaths.js';

const everything: Capabilities = {
  sameFiles: true,
  clientFolder: true,
  ownPackage: true,
  machines: 1,
  severalTasksEach: true,
  freshMachines: true,
  threads: true,
  commands: true,
  objects: 'here',
  openPool: undefined,
};

const sections = [
  calls,
  maps,
  lazyInputs,
  scale,
  values,
  context,
  logs,
  stats,
  waiting,
  jobsApart,
  cancelling,
  retries,
  workerDeaths,
  reduces,
  nesting,
  shipping,
  shippingRefusals,
  sharedInputs,
  objects,
  commands,
  planning,
  dropIns,
];

/**
 * What every backend must do, whatever it runs on.
 * @param open gives a new executor on that backend; the suite closes it
 * @param capabilities what the backend lacks; @defaultValue it has everything
 */
export function conformance(
  name: string,
  open: () => Promise<FunctionExecutor>,
  capabilities: Partial<Capabilities> = {},
): void {
  const place: Place = { open, capabilities: { ...everything, ...capabilities } };
  describe(`conformance of ${name}`, () => {
    for (const section of sections) section(place);
  });
}
