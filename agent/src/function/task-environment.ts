/**
 * What a function's runtime gives itself: credentials of its role, the address of its runtime API, traces. Only the region is of use to tasks.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
const ownNames = /^(AWS_|LAMBDA_|_|MEGALITH_HOME$)/;
const passedOn = new Set(['AWS_REGION', 'AWS_DEFAULT_REGION']);

/**
 * The environment of tasks in a function. Code that wants to can still find the role's credentials in the memory of the process beside it, as
 * both have the same user: the role must have no rights that tasks should not have.
 */
export function taskEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => passedOn.has(name) || !ownNames.test(name)));
}
