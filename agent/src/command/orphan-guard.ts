import { type ChildProcess, spawn } from 'node:child_process';

/*
 * A shell that outlives this process by a moment. It keeps the process groups that it is told of, and when its standard input ends,
 * because this process is gone however that happened, it kills those that are left.
 */
const script = `
groups=' '
while read -r what group; do
  case $what in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done`;

/** Sees to it that commands end with the job host even where that is killed and can end nothing itself. */
export class OrphanGuard {
  #shell: ChildProcess | undefined;

  add(group: number): void {
    this.#tell(`+ ${group}\n`);
  }

  remove(group: number): void {
    this.#tell(`- ${group}\n`);
  }

  #tell(line: string): void {
    this.#shell ??= this.#start();
    this.#shell.stdin?.write(line);
  }

  #start(): ChildProcess {
    const shell = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    // It must not keep this process alive; and where there is no shell the guard is not to be had.
    shell.on('error', () => shell.stdin?.destroy());
    shell.stdin?.on('error', () => shell.stdin?.destroy());
    shell.unref();
    (shell.stdin as { unref?: () => void } | null)?.unref?.();
    return shell;
  }

  close(): void {
    this.#shell?.stdin?.end();
    this.#shell = undefined;
  }
}
