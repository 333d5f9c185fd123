import type { RuntimeClient } from '../sandboxes/runtime-client.js';
import { startLambda } from '../start-lambda.js';
import { call, deploy, testClient } from '../test-client.js';
import { agentPackage } from './agent-job.js';
import type { FunctionRunner } from './define-handler-contract.js';

/** The emulator, with sandboxes that have as much of the processors as Lambda's. */
export async function emulatedFunctions(runtimeClient?: RuntimeClient): Promise<FunctionRunner> {
  const lambda = await startLambda({ cpuShare: true, ...(runtimeClient === undefined ? {} : { runtimeClient }) });
  const client = testClient(lambda);
  return {
    async deploy(timeoutSeconds) {
      const files = agentPackage();
      const name = await deploy(client, lambda.role, {
        name: `megalith-${timeoutSeconds}`,
        files,
        handler: 'lambda.handler',
        memoryMib: 512,
        timeoutSeconds,
      });
      return {
        async call(payload) {
          const answer = await call(client, name, payload);
          return { isError: answer.error !== undefined, payload: answer.payload };
        },
      };
    },
    async close() {
      client.destroy();
      await lambda.close();
    },
  };
}
