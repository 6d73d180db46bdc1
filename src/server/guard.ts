/** Letting requests in: basic authentication, or a client certificate that TLS has verified. */
import { TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { generic } from './call.ts';
import { OPERATIONS_PATHS } from './routes-operations.ts';
import { send } from './send.ts';
import type { Authenticator } from './users.ts';

export interface GuardOptions {
  /** Asked anew for each request, so that a reloaded file counts at once; undefined lets everybody in. */
  readonly authenticator: () => Authenticator | undefined;
  /** /metrics, /healthz and /readyz without credentials. */
  readonly openOperations: boolean;
  readonly onUser: (request: FastifyRequest, user: string) => void;
}

export function addGuard(app: FastifyInstance, { authenticator, openOperations, onUser }: GuardOptions): void {
  const isOpen = (request: FastifyRequest): boolean =>
    openOperations && OPERATIONS_PATHS.has(request.routeOptions.url ?? '');
  app.addHook('onRequest', (request, reply, done) => {
    const known = authenticator();
    if (known === undefined || isOpen(request)) {
      const name = certificateName(request);
      if (name !== undefined) onUser(request, name);
      done();
      return;
    }
    const admit = (user: string | undefined): void => {
      if (user === undefined) {
        refuse(reply);
        return;
      }
      onUser(request, user);
      done();
    };
    const found = known.authenticate(request.headers.authorization);
    if (found instanceof Promise) found.then(admit, done);
    else admit(found);
  });
}

function refuse(reply: FastifyReply): void {
  reply.header('www-authenticate', 'Basic realm="srgit", charset="UTF-8"');
  // What follows on the connection is a body that nobody reads.
  reply.header('connection', 'close');
  send(reply, generic(401, 'Unauthorized'));
}

function certificateName({ raw }: FastifyRequest): string | undefined {
  if (!(raw.socket instanceof TLSSocket) || !raw.socket.authorized) return undefined;
  const { subject } = raw.socket.getPeerCertificate();
  const name: string | readonly string[] | undefined = subject?.CN;
  return typeof name === 'string' ? name : name?.[0];
}
