import { MegalithError } from '@megalith/agent';
import type { Backend, BackendOptions } from './backend.js';

export type BackendFactory = (options: BackendOptions) => Backend | Promise<Backend>;

const factories = new Map<string, BackendFactory>([
  ['local', async options => (await import('./local/local-backend.js')).createLocalBackend(options)],
  ['lambda', async options => (await import('./lambda/open-lambda.js')).openLambda(options)],
]);

/** Makes a backend known by name, for `new FunctionExecutor({ backend: name })`. The last registration of a name wins. */
export function registerBackend(name: string, factory: BackendFactory): void {
  factories.set(name, factory);
}

export function isRegistered(name: string): boolean {
  return factories.has(name);
}

/** @throws MegalithError NOT_CONFIGURED, with the names that are known */
export async function createBackend(name: string, options: BackendOptions): Promise<Backend> {
  const factory = factories.get(name);
  if (factory === undefined) {
    throw new MegalithError('NOT_CONFIGURED', `there is no backend "${name}"`, {
      hint:
        name === 'standalone'
          ? 'call registerStandalone() of @megalith/standalone first'
          : `known backends: ${[...factories.keys()].join(', ')}`,
      details: { known: [...factories.keys()] },
    });
  }
  return factory(options);
}
