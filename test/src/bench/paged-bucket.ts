import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

interface PagedBucket {
  readonly endpoint: string;
  close(): void;
}

const server = fileURLToPath(new URL('workers/paged-s3.js', import.meta.url));

/** A bucket with so many objects to list, of a server in a process of its own; credentials for it are set in this one. */
export async function pagedBucket(objects: number): Promise<PagedBucket> {
  process.env.AWS_ACCESS_KEY_ID = 'bench';
  process.env.AWS_SECRET_ACCESS_KEY = 'bench';
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const child = fork(server, [String(objects)]);
  const [port] = (await once(child, 'message')) as [number];
  return { endpoint: `http://127.0.0.1:${port}`, close: () => child.disconnect() };
}
