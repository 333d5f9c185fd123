import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../conformance/eventually.js';
import { testCache } from '../../ec2/test-cache.js';
import { freePort } from '../../hosts/loopback/start-loopback-hosts.js';
import { processTable, signalTo, withDescendants } from '../../hosts/process-table.js';
import { awsRuntimeClient, ownRuntimeClient } from '../sandboxes/runtime-client.js';
import { agentPackage } from './agent-job.js';
import type { CalledFunction, FunctionRunner } from './define-handler-contract.js';

/** AWS's runtime interface emulator, where `.ci/install-lambda-runtime` could build it. */
export function rieProgram(): string | undefined {
  const program = join(testCache, 'aws-lambda-rie');
  return existsSync(program) ? program : undefined;
}

/** Each function is a process of AWS's emulator, which limits time and nothing else. */
export function rieFunctions(program: string): FunctionRunner {
  const folder = mkdtempSync(join(tmpdir(), 'megalith-rie-'));
  const task = join(folder, 'task');
  mkdirSync(task);
  for (const [name, bytes] of Object.entries(agentPackage())) writeFileSync(join(task, name), bytes);
  const runtime = awsRuntimeClient() ?? ownRuntimeClient(join(folder, 'runtime'));
  const children: ChildProcess[] = [];
  return {
    async deploy(timeoutSeconds) {
      const [port, apiPort] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
      const addresses = [
        '--runtime-interface-emulator-address',
        `127.0.0.1:${port}`,
        '--runtime-api-address',
        `127.0.0.1:${apiPort}`,
      ];
      const command = [process.execPath, join(runtime.folder, runtime.entry), 'lambda.handler'];
      const child = spawn(program, ['--log-level', 'error', ...addresses, ...command], {
        cwd: task,
        stdio: 'ignore',
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          LAMBDA_TASK_ROOT: task,
          MEGALITH_HOME: join(folder, `home-${timeoutSeconds}`),
          AWS_LAMBDA_FUNCTION_TIMEOUT: String(timeoutSeconds),
          AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
          AWS_SECRET_ACCESS_KEY: 'secret-of-the-function',
        },
      });
      children.push(child);
      const address = `http://127.0.0.1:${port}/2015-03-31/functions/function/invocations`;
      await eventually('the emulator of AWS listens', () => isListening(address, child));
      return functionAt(address);
    },
    async close() {
      const roots = new Set(children.flatMap(({ pid }) => pid ?? []));
      const all = withDescendants(processTable(), roots);
      const ended = children.map(child =>
        child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined,
      );
      for (const { pid } of all) signalTo(pid, 'SIGKILL');
      await Promise.all(ended);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function functionAt(address: string): CalledFunction {
  return {
    async call(sent) {
      const response = await fetch(address, { method: 'POST', body: JSON.stringify(sent) });
      const payload: unknown = JSON.parse(await response.text());
      return { isError: typeof payload === 'object' && payload !== null && 'errorType' in payload, payload };
    },
  };
}

async function isListening(address: string, child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`the emulator of AWS ended with ${child.exitCode}`);
  try {
    await fetch(new URL('/', address));
    return true;
  } catch {
    return false;
  }
}
