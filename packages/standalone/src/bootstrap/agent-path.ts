import { fileURLToPath } from 'node:url';

/** Where this installation has the agent's one file. */
export function agentPath(): string {
  return fileURLToPath(import.meta.resolve('@megalith/agent/agent.mjs'));
}
