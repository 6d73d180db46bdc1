/**
 * A reverse proxy that puts TLS and authentication before any plain registry: what a load balancer or Confluent
 * Cloud puts there. Its OAuth token endpoint is its own.
 */
import { request as httpRequest, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { ServerOptions } from 'node:https';
import { answerJson, type LoopbackServer, readText, startServer } from './loopback-server.ts';

export type FrontAuth =
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string }
  | {
      readonly type: 'oauth';
      readonly clientId: string;
      readonly clientSecret: string;
      /** Seconds; left out of the token answer when undefined. */
      readonly expiresIn?: number;
      /** Where the endpoint looks for the client's credentials. */
      readonly style?: 'basic' | 'form';
    };

export interface SecureFrontOptions {
  /** The registry behind, `http://127.0.0.1:port`. */
  readonly target: string;
  /** Server certificate; `ca` with `requestCert` and `rejectUnauthorized` asks for a client certificate. */
  readonly tls?: ServerOptions;
  readonly auth?: FrontAuth;
}

export interface SecureFront extends LoopbackServer {
  readonly tokenUrl: string;
  /** Tokens given out so far, in order. */
  readonly issued: readonly string[];
  /** Headers of the last request that was let through. */
  lastHeaders(): IncomingMessage['headers'];
  /** Refuses every token that was given out until now. */
  revokeTokens(): void;
  /** Answers to the next token requests, instead of tokens. */
  failTokenRequests(...answers: readonly { readonly status: number; readonly body: unknown }[]): void;
}

export async function startSecureFront(options: SecureFrontOptions): Promise<SecureFront> {
  const issued: string[] = [];
  const valid = new Set<string>();
  const failures: { readonly status: number; readonly body: unknown }[] = [];
  let lastHeaders: IncomingMessage['headers'] = {};

  const isWelcome = ({ headers: { authorization } }: IncomingMessage): boolean => {
    const { auth } = options;
    if (auth === undefined) return true;
    if (auth.type === 'basic') return authorization === basic(auth.username, auth.password);
    if (auth.type === 'bearer') return authorization === `Bearer ${auth.token}`;
    return authorization?.startsWith('Bearer ') === true && valid.has(authorization.slice('Bearer '.length));
  };

  const answerToken = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const form = new URLSearchParams(await readText(request));
    const failure = failures.shift();
    const { auth } = options;
    if (failure !== undefined) answerJson(response, failure.status, failure.body);
    else if (auth?.type !== 'oauth') answerJson(response, 404, { error: 'not_found' });
    else if (form.get('grant_type') !== 'client_credentials')
      answerJson(response, 400, { error: 'unsupported_grant_type' });
    else if (!knowsClient(auth, request, form)) {
      // As bad as real ones: the description repeats the secret.
      const repeated = `${request.headers.authorization ?? ''} ${form.get('client_secret') ?? ''}`;
      answerJson(response, 401, { error: 'invalid_client', error_description: repeated });
    } else {
      const token = `token-${issued.length + 1}-${Math.random().toString(36).slice(2)}`;
      issued.push(token);
      valid.add(token);
      const life = auth.expiresIn === undefined ? {} : { expires_in: auth.expiresIn };
      answerJson(response, 200, { access_token: token, token_type: 'Bearer', ...life });
    }
  };

  const handler: RequestListener = (request, response) => {
    if (request.url === '/oauth/token') {
      answerToken(request, response).catch(() => response.destroy());
      return;
    }
    if (!isWelcome(request)) {
      request.resume();
      const message = `not authorized: ${request.headers.authorization ?? 'nothing'}`;
      answerJson(response, 401, { error_code: 40101, message });
      return;
    }
    lastHeaders = request.headers;
    const onward = httpRequest(
      new URL(request.url ?? '/', options.target),
      { method: request.method ?? 'GET', headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };

  const server = await startServer(handler, options.tls);
  return {
    ...server,
    tokenUrl: `${server.url}/oauth/token`,
    issued,
    lastHeaders: () => lastHeaders,
    revokeTokens: () => valid.clear(),
    failTokenRequests: (...answers) => failures.push(...answers),
  };
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function knowsClient(auth: FrontAuth & { type: 'oauth' }, request: IncomingMessage, form: URLSearchParams): boolean {
  if (auth.style === 'form')
    return form.get('client_id') === auth.clientId && form.get('client_secret') === auth.clientSecret;
  const encode = (text: string): string => new URLSearchParams({ v: text }).toString().slice(2);
  return request.headers.authorization === basic(encode(auth.clientId), encode(auth.clientSecret));
}
