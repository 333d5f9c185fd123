import type { FunctionVersion } from '../state/emulated-function.js';

/** What Lambda puts into the environment: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
export function sandboxEnvironment(
  { config, version }: FunctionVersion,
  region: string,
  logStream: string,
): Record<string, string> {
  return {
    ...config.environment,
    _HANDLER: config.handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${config.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: config.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memoryMib),
    AWS_LAMBDA_FUNCTION_VERSION: version,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${config.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_ACCESS_KEY_ID: 'ASIAOFTHEFUNCTION',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-function',
    AWS_SESSION_TOKEN: 'session-of-the-function',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}
