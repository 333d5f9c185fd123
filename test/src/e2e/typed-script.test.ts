import { describe, expect, test } from 'vitest';
import { markProcesses } from '../faults/processes.js';
import { startScript } from './start-script.js';
import { userFolder } from './user-folder.js';

describe('a TypeScript script of a user', () => {
  test('may use types, `await using`, enums of its own and generics in what it ships', async () => {
    const marked = markProcesses();
    const folder = userFolder({
      'main.ts': `
        import { FunctionExecutor, type TaskContext } from '@megalith/core';
        import { area, type Shape } from './shape.js';

        interface Row { readonly id: number; readonly tags?: readonly string[] }
        enum Level { Low = 1, High = 10 }
        const first = <T>(items: readonly T[], fallback: T): T => items[0] ?? fallback;

        await using executor = new FunctionExecutor({ backend: 'local' });
        const rows: Row[] = [{ id: 1, tags: ['a'] }, { id: 2 }];
        const labels = await executor.map(
          ({ id, tags = [] }: Row, { index }: TaskContext): string => \`\${index}:\${id * Level.High}:\${first(tags, 'none')}\`,
          rows,
        );
        const shapes: Shape[] = [{ kind: 'square', side: 2 }, { kind: 'circle', radius: 1 }];
        const areas = await executor.map(area, shapes);
        console.log(labels.join(), areas.map(value => value.toFixed(1)).join());
      `,
      'shape.ts': `
        export type Shape = { kind: 'square'; side: number } | { kind: 'circle'; radius: number };
        export function area(shape: Shape): number {
          return shape.kind === 'square' ? shape.side ** 2 : Math.PI * shape.radius ** 2;
        }
      `,
    });
    const end = await startScript(folder, 'main.ts', { runner: 'tsx', env: { ...marked.env } }).end();
    expect(end).toMatchObject({ exitCode: 0, stderr: '', stdout: '0:10:a,1:20:none 4.0,3.1\n' });
    await marked.allGone();
  });
});
