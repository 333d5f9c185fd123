import { basename, resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import { askFiles, type FileReport, MegalithError, receiveTrees, relativeSteps } from '@megalith/agent';
import type { FileOutput } from './file-argument.js';
import type { TransferOptions } from './send-files.js';

/**
 * Fetches files and folders from a job's folder over a stream that `serveFiles` serves. As with `sendFiles`, what is here
 * already is not fetched again. An output that is missing, or a fifo, socket or device, does not keep the others from
 * coming: they are in place when the error is thrown. Whatever the far side sends, nothing is written outside `dest`.
 * @throws MegalithError NOT_FOUND, USAGE, DISK_FULL, PROTOCOL, TIMED_OUT, CANCELLED, CONTACT_LOST
 */
export async function fetchFiles(
  stream: Duplex,
  outputs: readonly FileOutput[],
  options: TransferOptions = {},
): Promise<FileReport> {
  const paths = outputs.map(({ path }) => relativeSteps(path).join('/'));
  const places = outputs.map(({ dest }, index) => ({
    at: dest.endsWith('/') ? `${resolve(dest)}/` : resolve(dest),
    name: basename(paths[index]!),
  }));
  const { problems, ...report } = await askFiles(stream, { deed: 'get', paths }, options, channel =>
    receiveTrees(channel, places, options),
  );
  const [first] = problems;
  if (first === undefined) return report;
  const more = problems.length > 1 ? `; and ${problems.length - 1} more` : '';
  throw new MegalithError(first.code, `${first.message}${more}`, {
    hint: 'everything else is fetched; see what the job wrote in its log',
    details: { problems: problems.map(({ message }) => message), report },
  });
}
