import { MegalithError } from '@megalith/agent';
import type { Backend, BackendOptions } from '../backend.js';
import { configuredLambda, type LambdaPlace } from './configured-lambda.js';
import { createLambdaBackend } from './lambda-backend.js';

export interface LambdaOptions extends BackendOptions, Pick<LambdaPlace, 'cwd' | 'prices'> {}

/** Connections for calls: an account that allows more at once says so itself. */
const mostSockets = 10_000;

export async function openLambda(options: LambdaOptions = {}): Promise<Backend> {
  const { slots, memoryBytes, home, cwd, prices } = options;
  if (memoryBytes !== undefined) {
    throw new MegalithError('USAGE', 'the backend "lambda" has no memory that all tasks share', {
      hint: 'set `memory` of the job, or the sizes in the section `lambda` of the config',
    });
  }
  const configured = await configuredLambda({
    sockets: mostSockets,
    ...(home === undefined ? {} : { home }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(prices === undefined ? {} : { prices }),
  });
  const backend = createLambdaBackend({ ...configured, ...(slots === undefined ? {} : { slots }) });
  return {
    name: backend.name,
    offers: job => backend.offers(job),
    run: (job, place) => backend.run(job, place),
    async close() {
      await backend.close();
      configured.close();
    },
  };
}
