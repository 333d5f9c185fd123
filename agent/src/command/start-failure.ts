import { statSync } from 'node:fs';
import type { Failure } from '../protocol/messages.js';
import { filesOf, isExecutable, type Program } from './program-path.js';

/** What shells exit with when a program is not found, and when it cannot be executed. */
const notFound = 127;
const notExecutable = 126;

/** Why a program could not be started, as a task's failure. */
export function startFailure(error: NodeJS.ErrnoException, program: Program): Failure {
  const { name, cwd } = program;
  // A folder of the PATH that may not be read makes the system say EACCES for a program that is nowhere.
  switch (error.code === 'EACCES' && isDirectory(cwd) && filesOf(program).length === 0 ? 'ENOENT' : error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      if (!isDirectory(cwd)) {
        const hint = 'name a folder that exists on the machine where the task runs';
        return exited(notFound, `cannot start '${name}': its working directory '${cwd}' does not exist`, hint);
      }
      return exited(
        notFound,
        `cannot start '${name}': ${name.includes('/') ? 'no such file' : 'not found on the PATH'}`,
        'check its name, and that it (and the interpreter in its first line) is installed on the machine where it runs',
      );
    case 'EACCES':
    case 'EPERM':
      return exited(notExecutable, `cannot start '${name}': permission denied`, `make it executable: chmod +x ${name}`);
    case 'E2BIG':
      return exited(
        notExecutable,
        `cannot start '${name}': its arguments and environment are too long`,
        'put the item into a file, or pass it on standard input',
      );
    case 'EAGAIN':
    case 'ENOMEM':
    case 'EMFILE':
    case 'ENFILE':
      return {
        code: 'CRASHED',
        message: `cannot start '${name}': the machine has no room for one more process (${error.code})`,
        hint: 'run fewer tasks at once, or raise its limits (ulimit -u, ulimit -n)',
      };
    default:
      return exited(notExecutable, `cannot start '${name}': ${error.message}`, 'try it in a shell on that machine');
  }
}

/** The failure that starting this program would meet, for a start through a shell, which would hide it. */
export function foreseenFailure(program: Program): Failure | undefined {
  if (!isDirectory(program.cwd)) return startFailure(errno('ENOENT'), program);
  const files = filesOf(program);
  if (files.some(isExecutable)) return undefined;
  return startFailure(errno(files.length > 0 ? 'EACCES' : 'ENOENT'), program);
}

function exited(exitCode: number, message: string, hint: string): Failure {
  return { code: 'EXITED', message, hint, exitCode };
}

function errno(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
