import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import type { TaskContext } from '@megalith/core';

/** No task takes more, whatever nobody stops: the machine that runs the tests stays alive. */
const enoughBlocks = 128;
const blockBytes = 16 * 1024 * 1024;

const forever = (): Promise<never> => new Promise<never>(() => setInterval(() => undefined, 60_000));

/** Every way in which a task may go wrong, by name. `fine` is the neighbour. */
const deeds = {
  fine: async () => {
    await new Promise(resolve => setTimeout(resolve, 20));
    return 'fine';
  },
  fillHeap: () => {
    const kept: unknown[] = [];
    for (;;) kept.push({ row: kept.length, text: `row ${kept.length}`, cells: [1.5, 2.5, kept.length] });
  },
  fillBuffers: async () => {
    const kept: Buffer[] = [];
    while (kept.length < enoughBlocks) {
      kept.push(Buffer.alloc(blockBytes, 1));
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    return 'nobody stopped this';
  },
  fillBuffersAtOnce: () => {
    const kept: Buffer[] = [];
    while (kept.length < enoughBlocks) kept.push(Buffer.alloc(blockBytes, 1));
    return 'nobody stopped this';
  },
  exit3: () => process.exit(3),
  exit0: () => process.exit(0),
  segfault: () => {
    process.kill(process.pid, 'SIGSEGV');
    return forever();
  },
  abort: () => process.abort(),
  loop: () => {
    for (;;);
  },
  neverSettle: forever,
  throwText: () => {
    throw 'only text';
  },
  throwUndefined: () => {
    throw undefined;
  },
  throwNull: () => {
    throw null;
  },
  throwFrozen: () => {
    throw Object.freeze(new Error('frozen error'));
  },
  throwTrap: () => {
    throw Object.defineProperty(new Error('trapped error'), 'detail', {
      enumerable: true,
      get: () => {
        throw new Error('the trap');
      },
    });
  },
  throwMessageTrap: () => {
    throw Object.defineProperty(new Error(), 'message', {
      get: () => {
        throw new Error('the trap');
      },
    });
  },
  throwUnserializable: () => {
    throw Object.assign(new Error('with a function'), { retry: () => undefined });
  },
  throwCycle: () => {
    const error = new Error('its own cause');
    error.cause = error;
    throw error;
  },
  rejectText: () => Promise.reject('only text'),
  returnFunction: () => () => 1,
  returnSymbol: () => Symbol('s'),
  returnInstance: () => new (class Account {})(),
  returnSocket: () => new Socket(),
  returnProxy: () => new Proxy({}, {}),
  returnTrap: () => ({
    get value(): number {
      throw new Error('the trap');
    },
  }),
  returnThrowingThenable: () => ({
    // biome-ignore lint/suspicious/noThenProperty: a value that poses as a promise is the case
    then: () => {
      throw new Error('a thenable that throws');
    },
  }),
  print50MB: async () => {
    const line = `${'x'.repeat(999)}\n`;
    const block = line.repeat(1000);
    for (let i = 0; i < 50; i++) {
      if (!process.stdout.write(block)) await new Promise(resolve => process.stdout.once('drain', resolve));
    }
    return 'printed';
  },
  print50MBAtOnce: () => {
    for (let i = 0; i < 5_000; i++) console.log('x'.repeat(9_999));
    return 'printed';
  },
  closeStdout: () => {
    closeSync(1);
    closeSync(2);
    return 'closed';
  },
  endStdout: () => {
    process.stdout.end();
    return 'ended';
  },
  rejectLater: () => {
    setTimeout(() => Promise.reject(new Error('nobody waits for this')), 30);
    return 'returned';
  },
  throwLater: () => {
    setTimeout(() => {
      throw new Error('nobody catches this');
    }, 30);
    return 'returned';
  },
  rejectUnseen: async () => {
    void Promise.reject(new Error('nobody waits for this'));
    await new Promise(resolve => setTimeout(resolve, 100));
    return 'returned';
  },
  leaveTimer: () => {
    setInterval(() => undefined, 1000);
    return 'returned';
  },
  leaveServer: async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => server.once('listening', resolve));
    return 'returned';
  },
  leaveChild: () => {
    spawn('sleep', ['600'], { stdio: 'ignore' });
    return 'returned';
  },
  leaveChildWithOutput: () => {
    spawn('sleep', ['600'], { stdio: 'inherit' });
    return 'returned';
  },
  leaveChildAndDie: () => {
    spawn('sleep', ['600'], { stdio: 'ignore' });
    process.kill(process.pid, 'SIGKILL');
    return forever();
  },
  ignoreSigterm: () => {
    process.on('SIGTERM', () => undefined);
    process.on('SIGINT', () => undefined);
    return forever();
  },
  changeFolder: () => {
    process.chdir('/');
    return 'changed';
  },
  disconnectAll: () => {
    for (let fd = 3; fd < 64; fd++) {
      try {
        closeSync(fd);
      } catch {
        // That one was not open.
      }
    }
    return 'disconnected';
  },
} satisfies Record<string, () => unknown>;

export type Deed = keyof typeof deeds;

/** A task that does the deed of that name. */
export function act(deed: Deed): unknown {
  return deeds[deed]();
}

/** Rejects only once it was told to end: that must not look like a failure of its own. */
export function rejectOnAbort(_item: unknown, { signal }: TaskContext): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('my own complaint')));
    setInterval(() => undefined, 60_000);
  });
}
