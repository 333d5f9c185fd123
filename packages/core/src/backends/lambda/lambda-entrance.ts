import type { Backend } from '../backend.js';
import type { LambdaPlace } from './configured-lambda.js';
import type { Cleaned, CleanOptions, OwnedFunction } from './functions-here.js';
import type { LambdaPolicies } from './iam-policies.js';
import type { LambdaOptions } from './open-lambda.js';

// Whoever has no functions does not load what they need.

/**
 * Functions of AWS Lambda as a backend, as the config says.
 * @throws MegalithError NOT_CONFIGURED, CONFIG, USAGE
 */
export async function openLambda(options?: LambdaOptions): Promise<Backend> {
  return (await import('./open-lambda.js')).openLambda(options);
}

/** The functions of this owner in the configured region. @throws MegalithError NOT_CONFIGURED, CONFIG, NO_CREDENTIALS, CLOUD_FAILED, CANCELLED */
export async function listFunctions(place?: LambdaPlace, signal?: AbortSignal): Promise<readonly OwnedFunction[]> {
  return (await import('./functions-here.js')).listFunctions(place, signal);
}

/** Deletes functions that nobody is likely to need: a client that does makes them anew. @throws as `listFunctions` */
export async function cleanFunctions(options?: CleanOptions): Promise<Cleaned> {
  return (await import('./functions-here.js')).cleanFunctions(options);
}

/** The least that the account has to grant, for the config as it applies here. @throws MegalithError NOT_CONFIGURED, CONFIG */
export async function configuredPolicies(place?: LambdaPlace): Promise<LambdaPolicies> {
  const { configuredLambda } = await import('./configured-lambda.js');
  const { lambdaPolicies } = await import('./iam-policies.js');
  const lambda = await configuredLambda(place);
  lambda.close();
  return lambdaPolicies(lambda.settings);
}
