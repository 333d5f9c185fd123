import type { LambdaReply } from '@megalith/agent';
import { protocolVersion } from '@megalith/agent';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentJob, endsOf, requestOf } from './agent-job.js';

/** One deployed function. */
export interface CalledFunction {
  /** @returns what the function answered, or what it threw */
  call(payload: unknown): Promise<{ readonly isError: boolean; readonly payload: unknown }>;
}

/** Something that runs functions as Lambda would. */
export interface FunctionRunner {
  /** Deploys the agent's function, of 512 MiB. */
  deploy(timeoutSeconds: number): Promise<CalledFunction>;
  close(): Promise<void>;
}

/** What the agent's handler must do, whoever calls it. */
export function defineHandlerContract(name: string, start: () => Promise<FunctionRunner>): void {
  describe(`the agent as a function, run by ${name}`, () => {
    let runner: FunctionRunner;
    let called: CalledFunction;
    beforeAll(async () => {
      runner = await start();
      called = await runner.deploy(30);
    });
    afterAll(() => runner.close());

    const replyOf = async (job: AgentJob, where = called): Promise<LambdaReply> => {
      const { isError, payload } = await where.call(requestOf(job));
      if (isError) throw new Error(JSON.stringify(payload));
      return payload as LambdaReply;
    };

    test('runs a job, and answers with what became of its tasks', async () => {
      const run = (n: number): number => {
        if (n === 3) throw new RangeError('not three');
        console.log('at', n);
        return n * n;
      };
      const { values, failures, output } = endsOf(await replyOf({ run, items: [1, 2, 3] }));
      expect(values).toEqual({ 0: 1, 1: 4 });
      expect(failures[2]).toMatchObject({ code: 'THREW' });
      expect(output).toBe('at 1\nat 2\n');
    });

    test('keeps its sandbox and the workers there for the next call', async () => {
      const run = (): number => process.pid;
      const first = await replyOf({ run, items: [0] });
      const second = await replyOf({ run, items: [0] });
      expect(second.sandbox).toMatchObject({ id: first.sandbox.id, calls: first.sandbox.calls + 1, memoryMib: 512 });
      expect(endsOf(second).values).toEqual(endsOf(first).values);
    });

    test('runs commands in a folder that they may write', async () => {
      const { values, output } = endsOf(await replyOf({ shell: 'echo {} >made && cat made', items: ['a', 'b'] }));
      expect(values).toEqual({ 0: { exitCode: 0 }, 1: { exitCode: 0 } });
      expect(output).toBe('a\nb\n');
    });

    test('tells tasks nothing of the credentials that it has', async () => {
      const run = (): string[] =>
        Object.keys(process.env).filter(key => /^(AWS_(?!REGION|DEFAULT_REGION)|_|LAMBDA)/.test(key));
      expect(endsOf(await replyOf({ run, items: [0] })).values).toEqual({ 0: [] });
    });

    test('ends a task that takes its memory before that ends the sandbox', async () => {
      const run = async (): Promise<void> => {
        const held: Buffer[] = [];
        for (;;) {
          held.push(Buffer.alloc(4 * 2 ** 20, held.length));
          await new Promise(resolve => setTimeout(resolve, 2));
        }
      };
      const reply = await replyOf({ run, items: [0] });
      const { failures } = endsOf(reply);
      expect(failures[0]).toMatchObject({ code: 'OUT_OF_MEMORY', details: { peakMemoryBytes: expect.any(Number) } });
      expect((await replyOf({ run: () => 1, items: [0] })).sandbox.id).toBe(reply.sandbox.id);
    });

    test('answers in time, with what had no time left', async () => {
      const short = await runner.deploy(2);
      // Without a cold start, all of the time is the job's.
      await replyOf({ run: () => 1, items: [0] }, short);
      const run = (ms: number): Promise<number> => new Promise(resolve => setTimeout(resolve, ms, ms));
      const reply = await replyOf({ run, items: [1, 60_000, 2] }, short);
      const { values, failures } = endsOf(reply);
      expect(values).toEqual({ 0: 1 });
      expect(failures).toMatchObject({ 1: { code: 'TIMED_OUT', details: { limit: 'function' } } });
      expect(reply.returned).toEqual([2]);
      expect(endsOf(await replyOf({ run: () => 2, items: [0] }, short)).values).toEqual({ 0: 2 });
    });

    test('says how large an answer would be that is too large', async () => {
      const run = (): Uint8Array => process.getBuiltinModule('node:crypto').randomBytes(5 * 2 ** 20);
      expect((await replyOf({ run, items: [0] })).frames).toEqual({ tooLarge: expect.any(Number) });
    });

    test('refuses what it does not understand, with the reason', async () => {
      const frames = { base64: '' };
      const { isError, payload } = await called.call({ megalith: protocolVersion + 1, frames });
      expect(isError).toBe(true);
      expect(payload).toMatchObject({
        errorType: 'MegalithError',
        errorMessage: `the request has protocol ${protocolVersion + 1}, and this function has ${protocolVersion}`,
      });
    });
  });
}
