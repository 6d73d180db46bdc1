/** The socket side of the server: plain or TLS, with bounds for slow and oversized requests. */
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

export interface ServerTls {
  /** PEM text of the certificate and those above it. */
  readonly cert: string;
  /** PEM text of its key. */
  readonly key: string;
  /** PEM text of the authorities that client certificates are checked with. */
  readonly ca?: string;
  /** Only clients with a certificate of those authorities are let in. */
  readonly requireClientCert: boolean;
}

export interface Timeouts {
  /** Milliseconds in which a request's headers must be there. */
  readonly headers: number;
  /** The same for the whole request. */
  readonly request: number;
  /** Milliseconds that an idle connection is kept. */
  readonly keepAlive: number;
}

/** Longer than what load balancers keep (60 s), so that it is they who close idle connections. */
export const DEFAULT_TIMEOUTS: Timeouts = { headers: 20_000, request: 120_000, keepAlive: 75_000 };

const MAX_HEADER_BYTES = 16 * 1024;

/** Makes the server once the one who answers is known. */
export type ServerFactory = (handler: RequestListener) => Server;

export function serverFactory(tls: ServerTls | undefined, timeouts: Timeouts): ServerFactory {
  return (handler) => {
    const limits = {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: timeouts.headers,
      requestTimeout: timeouts.request,
      keepAliveTimeout: timeouts.keepAlive,
      // How often the two above are looked at.
      connectionsCheckingInterval: Math.min(5000, Math.ceil(timeouts.headers / 2)),
    };
    const server: Server =
      tls === undefined ? createHttpServer(limits, handler) : createHttpsServer({ ...limits, ...secure(tls) }, handler);
    return server;
  };
}

function secure({ cert, key, ca, requireClientCert }: ServerTls) {
  return {
    cert,
    key,
    minVersion: 'TLSv1.2' as const,
    ...(ca === undefined ? {} : { ca }),
    ...(ca === undefined && !requireClientCert ? {} : { requestCert: true, rejectUnauthorized: requireClientCert }),
  };
}

/** New connections get the new certificate; those that there are keep theirs. Throws when it cannot be read. */
export function replaceCertificate(server: Server, tls: ServerTls): void {
  if (server instanceof HttpsServer) server.setSecureContext(secure(tls));
}

/** What node's parser refuses before there is a request: too much, too late, or no HTTP. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, reason] = statusOf(error.code);
  const body = JSON.stringify({ error_code: status, message: `HTTP ${status} ${reason}` });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/vnd.schemaregistry.v1+json\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function statusOf(code: string | undefined): readonly [number, string] {
  if (code === 'HPE_HEADER_OVERFLOW') return [431, 'Request Header Fields Too Large'];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'Request Timeout'];
  return [400, 'Bad Request'];
}
