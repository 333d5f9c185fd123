/**
 * Serves the metadata of all instances in the network of their fabric, where the address that asks tells who asks. Each
 * line on standard input sets what is said to one address, or nothing; it is acknowledged by a line. Ends with its input.
 */
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { MetadataService } from './metadata-service.js';
import type { InstanceMetadata } from './metadata-tree.js';

/** A line of the input, as JSON. */
export interface MetadataLine {
  readonly address: string;
  readonly instance: InstanceMetadata | null;
}

const instances = new Map<string, InstanceMetadata>();
const service = new MetadataService(Date.now);

const server = createServer(({ method = '', url = '', headers, socket }, response) => {
  const instance = instances.get(socket.remoteAddress ?? '');
  if (instance === undefined) return response.writeHead(404).end();
  const answer = service.answer(instance, { method, path: url, headers });
  response.writeHead(answer.status, answer.headers).end(answer.body);
});

server.listen(80, process.argv[2], () => {
  console.log('listens');
  createInterface(process.stdin)
    .on('line', line => {
      const { address, instance }: MetadataLine = JSON.parse(line);
      if (instance === null) instances.delete(address);
      else instances.set(address, instance);
      console.log('set');
    })
    .on('close', () => process.exit());
});
