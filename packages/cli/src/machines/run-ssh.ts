import { spawn } from 'node:child_process';
import { MegalithError, megalithHome } from '@megalith/core';
import { openSshClient } from '@megalith/standalone';
import { signalNumber } from '../exit-code.js';
import { inventoryHere } from '../hosts/here.js';
import { untilInterrupted } from '../hosts/until-interrupted.js';

const passedOn = ['SIGTERM', 'SIGHUP'] as const;

/**
 * Runs the OpenSSH client as the inventory says, with this terminal.
 * @param command as `ssh` takes it; empty for a shell
 * @returns the exit code of the client: that of the command, or 255
 * @throws MegalithError USAGE, NOT_FOUND, HOST_KEY, SSH_FAILED, CANCELLED
 */
export async function runSsh(name: string, command: readonly string[]): Promise<number> {
  if (name === 'local') {
    throw new MegalithError('USAGE', '"local" is this machine: there is nothing to connect to', {
      hint: `its jobs and its agent are in "${megalithHome()}"`,
    });
  }
  const inventory = await inventoryHere();
  const entry = inventory.find(name);
  const setup = await untilInterrupted(signal => openSshClient(entry, inventory.hosts, { signal }));
  try {
    return await ended([...setup.args, ...command]);
  } finally {
    await setup.close();
  }
}

function ended(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('ssh', args, { stdio: 'inherit' });
    const passOn = (signal: NodeJS.Signals): boolean => child.kill(signal);
    // The terminal sends it to the client too, which knows best what it means.
    const ignore = (): void => undefined;
    for (const signal of passedOn) process.on(signal, passOn);
    process.on('SIGINT', ignore);
    const settle = (): void => {
      for (const signal of passedOn) process.off(signal, passOn);
      process.off('SIGINT', ignore);
    };
    child.once('error', (error: NodeJS.ErrnoException) => {
      settle();
      reject(error.code === 'ENOENT' ? noClient(error) : error);
    });
    child.once('close', (code, signal) => {
      settle();
      resolve(code ?? 128 + signalNumber(signal ?? undefined));
    });
  });
}

function noClient(cause: Error): MegalithError {
  return new MegalithError('NOT_CONFIGURED', 'there is no program "ssh" on this machine', {
    hint: "install OpenSSH's client; jobs do not need it",
    cause,
  });
}
