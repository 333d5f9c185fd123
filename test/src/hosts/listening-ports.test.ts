import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { listenersIn, portsOf } from './listening-ports.js';

test('listening sockets are told from connected ones', () => {
  const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0100007F:0016 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1
   2: 00000000000000000000000000000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4713 1
`;
  expect(listenersIn(text)).toEqual([
    { port: 8080, inode: '4711' },
    { port: 80, inode: '4713' },
  ]);
  expect(listenersIn('')).toEqual([]);
});

test('the ports of this process are those of its servers, and of no connection', async () => {
  const servers = [createServer(), createServer()];
  servers[0]!.listen(0, '127.0.0.1');
  servers[1]!.listen(0, '::1').on('error', () => servers[1]!.listen(0, '127.0.0.1'));
  await Promise.all(servers.map(server => once(server, 'listening')));
  const ports = servers.map(server => (server.address() as AddressInfo).port);
  const socket = createConnection(ports[0]!, '127.0.0.1');
  await once(socket, 'connect');
  expect(portsOf([process.pid])).toEqual(expect.arrayContaining(ports));
  expect(portsOf([process.pid])).not.toContain((socket.address() as AddressInfo).port);
  socket.destroy();
  for (const server of servers) server.close();
});
