/** A forward proxy on loopback, as companies run them: CONNECT for https, absolute-form for http. */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { type LoopbackServer, startServer } from './loopback-server.ts';

export interface ForwardProxy extends LoopbackServer {
  /** `CONNECT host:port` and `GET http://host:port/path`, in order. */
  readonly forwarded: string[];
}

/** @param credentials `name:password` that it asks for (407), if any */
export async function startForwardProxy(credentials?: string): Promise<ForwardProxy> {
  const forwarded: string[] = [];
  const wanted = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
  const isWelcome = (request: IncomingMessage): boolean =>
    wanted === undefined || request.headers['proxy-authorization'] === wanted;

  const proxy = await startServer((request: IncomingMessage, response: ServerResponse) => {
    if (!isWelcome(request)) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end('who are you?');
      return;
    }
    const target = URL.parse(request.url ?? '');
    if (target === null) {
      response.writeHead(400).end('this is a proxy');
      return;
    }
    forwarded.push(`${request.method} ${target.href}`);
    const { 'proxy-authorization': _credentials, ...headers } = request.headers;
    const onward = httpRequest(target, { method: request.method ?? 'GET', headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  });

  proxy.server.on('connect', (request, socket, head) => {
    socket.on('error', () => undefined);
    if (!isWelcome(request)) {
      socket.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n',
      );
      return;
    }
    forwarded.push(`CONNECT ${request.url}`);
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  return { ...proxy, forwarded };
}
