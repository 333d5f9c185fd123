import { readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LambdaRequest } from '../protocol/lambda-messages.js';
import { protocolVersion } from '../protocol/messages.js';
import {
  bundleText,
  type FunctionCalls,
  jobFrames,
  readFrames,
  readReply,
  requestOf,
  sha256,
  startFunction,
} from './calls.fixture.js';

const square = (n: number): number => n * n;

describe('a function sandbox', () => {
  let calls: FunctionCalls;
  beforeAll(async () => {
    calls = await startFunction({ AWS_SECRET_ACCESS_KEY: 'of the role', AWS_REGION: 'eu-central-1', _HANDLER: 'x' });
  });
  afterAll(() => calls.close());

  it('answers with what a job host tells of the job, and knows itself in the next call', async () => {
    const first = await calls.call(requestOf({ run: square, items: [1, 2, 3] }));
    const { values, messages } = await readReply(first);
    expect(values).toEqual({ 0: 1, 1: 4, 2: 9 });
    expect(messages).toEqual([{ type: 'jobEnded', job: 7, peakSlots: 1 }]);
    expect(first).toMatchObject({ megalith: protocolVersion, sandbox: { calls: 0, memoryMib: 512 } });
    const second = await calls.call(requestOf({ run: square, items: [4] }));
    expect(second.sandbox).toEqual({ ...first.sandbox, calls: 1 });
  });

  it('keeps its slots between calls, with their modules', async () => {
    const run = (): unknown => {
      const seen = Number(Reflect.get(globalThis, 'seen') ?? 0) + 1;
      Reflect.set(globalThis, 'seen', seen);
      return [process.pid, seen];
    };
    const { values: first } = await readReply(await calls.call(requestOf({ run, items: [0] })));
    const { values: second } = await readReply(await calls.call(requestOf({ run, items: [0] })));
    const [pid, seen] = first[0] as [number, number];
    expect(second[0]).toEqual([pid, seen + 1]);
  });

  it('leaves nothing of a call behind but the bundle', async () => {
    await calls.call(requestOf({ run: square, items: [1] }));
    expect(readdirSync(calls.home).sort()).toEqual(['bundles', 'host', 'work']);
    expect(readdirSync(`${calls.home}/work`)).toEqual([]);
  });

  it('goes on in a worker whose task went into a folder that is gone', async () => {
    const wander = (): number => {
      process.getBuiltinModule('node:fs').mkdirSync('deeper');
      process.chdir('deeper');
      return process.pid;
    };
    const { values: first } = await readReply(await calls.call(requestOf({ run: wander, items: [0] })));
    const { values: second } = await readReply(await calls.call(requestOf({ run: wander, items: [0] })));
    expect(second).toEqual(first);
  });

  it('runs commands, in a folder that can be written', async () => {
    const job = { shell: 'echo {} > made; cat made; pwd; exit {}', items: [0, 3] };
    const { events, failures, values } = await readReply(await calls.call(requestOf(job)));
    const log = Buffer.concat(events.flatMap(one => (one.type === 'log' && one.index === 0 ? [one.bytes] : [])));
    expect(log.toString()).toBe(`0\n${calls.home}/work\n`);
    expect(values).toEqual({ 0: { exitCode: 0 } });
    expect(failures[1]?.failure).toMatchObject({ code: 'EXITED', exitCode: 3 });
  });

  it("keeps the credentials of its role from tasks, and what is the runtime's own", async () => {
    const run = (): unknown => Object.keys(process.env).filter(name => /^(AWS|_)/.test(name));
    const { values } = await readReply(await calls.call(requestOf({ run, items: [0] })));
    expect(values[0]).toEqual(['AWS_REGION']);
    const { events } = await readReply(await calls.call(requestOf({ shell: ': {}; env', items: [0] })));
    const log = Buffer.concat(events.flatMap(one => (one.type === 'log' ? [one.bytes] : []))).toString();
    expect(log).toContain('AWS_REGION=eu-central-1');
    expect(log).not.toContain('of the role');
  });

  it('gives back what a task with too little time for all could not begin, and ends what runs', async () => {
    const run = (ms: number): Promise<number> => new Promise(resolve => setTimeout(resolve, ms, ms));
    const reply = await calls.call(requestOf({ run, items: [1, 60_000, 2, 3] }), 2000);
    const { values, failures, messages } = await readReply(reply);
    expect(values).toEqual({ 0: 1 });
    expect(failures[1]?.failure).toMatchObject({ code: 'TIMED_OUT', details: { limit: 'function' } });
    expect(Object.keys(failures)).toEqual(['1']);
    expect([...(reply.returned ?? [])].sort()).toEqual([2, 3]);
    expect(messages).toMatchObject([{ type: 'jobEnded' }]);
  });

  it('ends a command at the limit of the function, whatever that does with signals', async () => {
    const job = { shell: ": {}; trap '' TERM; while :; do sleep 0.1; done", items: [0, 1] };
    const reply = await calls.call(requestOf(job), 2000);
    const { failures } = await readReply(reply);
    expect(failures[0]?.failure).toMatchObject({ code: 'TIMED_OUT', details: { limit: 'function' } });
    expect(reply.returned).toEqual([1]);
    expect((await readReply(await calls.call(requestOf({ run: square, items: [5] })))).values).toEqual({ 0: 25 });
  });

  it('ends a task for lack of memory before the sandbox would be killed, and says how much it had', async () => {
    const run = async (): Promise<number> => {
      const held: Buffer[] = [];
      for (;;) {
        held.push(Buffer.alloc(8 * 2 ** 20, held.length));
        await new Promise(resolve => setTimeout(resolve, 5));
      }
    };
    const { failures } = await readReply(await calls.call(requestOf({ run, items: [0] })));
    const { failure } = failures[0]!;
    expect(failure.code).toBe('OUT_OF_MEMORY');
    const peak = (failure.details as { peakMemoryBytes: number }).peakMemoryBytes;
    expect(peak).toBeGreaterThan(250 * 2 ** 20);
    expect(peak).toBeLessThan(512 * 2 ** 20);
  });

  it('refuses what is no request, with the reason', async () => {
    const refused = (event: unknown): Promise<unknown> => calls.call(event as LambdaRequest);
    await expect(refused({ hello: 1 })).rejects.toThrow('no request of Megalith');
    await expect(refused({ megalith: 999, frames: { base64: '' } })).rejects.toThrow('the request has protocol 999');
    await expect(refused({ megalith: protocolVersion, frames: { base64: '' } })).rejects.toThrow('it has no job');
    const cut = jobFrames({ run: square, items: [1] }).subarray(0, -3);
    const request = { megalith: protocolVersion, frames: { base64: cut.toString('base64') } };
    await expect(refused(request)).rejects.toThrow('its last frame is cut off');
  });
});

describe('a function sandbox with a store', () => {
  let calls: FunctionCalls;
  let store: Server;
  let url: string;
  const objects = new Map<string, Buffer>();
  let gets: string[] = [];
  let failing = 0;
  beforeAll(async () => {
    store = createServer(async (request, response) => {
      const path = new URL(request.url ?? '', 'http://store').pathname;
      if (failing > 0) {
        failing--;
        response.writeHead(503).end();
        return;
      }
      if (request.method === 'PUT') objects.set(path, Buffer.concat(await request.toArray()));
      else gets.push(path);
      const object = objects.get(path);
      if (object === undefined) response.writeHead(403).end();
      else response.end(request.method === 'PUT' ? '' : object);
    }).listen(0, '127.0.0.1');
    await new Promise(resolve => store.once('listening', resolve));
    url = `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
    calls = await startFunction();
  });
  afterEach(() => {
    objects.clear();
    gets = [];
  });
  afterAll(async () => {
    store.close();
    await calls.close();
  });

  it('fetches frames, and the text of a bundle once, though the store stumbles', async () => {
    const run = (n: number): number => n + 100;
    objects.set('/frames', jobFrames({ run, items: [1] }, false));
    objects.set('/code', Buffer.from(bundleText(run)));
    const request: LambdaRequest = {
      megalith: protocolVersion,
      frames: { get: `${url}/frames?X-Amz-Signature=secret` },
      code: { hash: sha256(bundleText(run)), get: `${url}/code` },
    };
    failing = 1;
    expect((await readReply(await calls.call(request))).values).toEqual({ 0: 101 });
    expect((await readReply(await calls.call(request))).values).toEqual({ 0: 101 });
    expect(gets).toEqual(['/frames', '/code', '/frames']);
    await expect(calls.call({ ...request, frames: { get: `${url}/none?X-Amz-Signature=secret` } })).rejects.toThrow(
      `cannot read "127.0.0.1:${new URL(url).port}/none" in the store: it answered 403`,
    );
  });

  it('puts an answer that is too large into the store, and says how large it is where there is none', async () => {
    const run = (): Buffer => process.getBuiltinModule('node:crypto').randomBytes(6 * 2 ** 20);
    const request = requestOf({ run, items: [0] });
    expect(await calls.call({ ...request, put: `${url}/reply` })).toMatchObject({ frames: { put: true } });
    const { values } = readFrames(objects.get('/reply')!);
    expect((values[0] as Buffer).length).toBe(6 * 2 ** 20);
    const { frames } = await calls.call(request);
    expect(frames).toEqual({ tooLarge: expect.any(Number) });
    expect((frames as { tooLarge: number }).tooLarge).toBeGreaterThan(6 * 2 ** 20);
  });
});
