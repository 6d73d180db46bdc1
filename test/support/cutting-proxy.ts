/**
 * A TCP proxy that cuts connections after some bytes, in the middle of requests and answers. A broker behind it must
 * advertise the proxy's port, or its clients go around it.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  /** `127.0.0.1:port` */
  readonly address: string;
  /** Where connections go; to be set before the first. */
  target: string;
  /** Mean bytes between a connection's beginning and its end, sent and received; 0: it is not cut. */
  meanBytes: number;
  /** How many connections may still be cut by their bytes. */
  cutsLeft: number;
  /** Cuts all connections there are. @returns how many of their ends there were */
  cutAll(): number;
  /** Connections cut so far by their bytes. */
  readonly cuts: () => number;
  close(): Promise<void>;
}

/** @param random numbers in [0, 1) */
export async function startCuttingProxy(random: () => number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const [host, port] = proxy.target.split(':');
    const broker = connect(Number(port), host);
    const both = [client, broker] as const;
    const end = (): void => {
      for (const socket of both) socket.destroy();
    };
    // Exponential: some are cut in their first request, some live long.
    const budget = proxy.meanBytes === 0 ? Number.POSITIVE_INFINITY : -Math.log(1 - random()) * proxy.meanBytes;
    let seen = 0;
    const pass = (to: Socket) => (chunk: Buffer) => {
      seen += chunk.length;
      const over = seen - budget;
      if (over <= 0 || proxy.cutsLeft === 0) {
        to.write(chunk);
        return;
      }
      cuts++;
      proxy.cutsLeft--;
      // What came before the cut still arrives: a broker may carry out what its client never hears of.
      to.write(chunk.subarray(0, Math.max(0, chunk.length - Math.ceil(over))), end);
    };
    client.on('data', pass(broker));
    broker.on('data', pass(client));
    for (const socket of both) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: CuttingProxy = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    target: '',
    meanBytes: 0,
    cutsLeft: Number.POSITIVE_INFINITY,
    cutAll() {
      const open = sockets.size;
      for (const socket of sockets) socket.destroy();
      return open;
    },
    cuts: () => cuts,
    async close() {
      proxy.cutAll();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
