/** The routes on fastify: media types, generic errors, access events. */
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { AccessEvent } from './access-log.ts';
import { type Answer, type Call, generic, type Handler, type Method, type Route } from './call.ts';
import { addGuard, type GuardOptions } from './guard.ts';
import { answerClientError, type ServerFactory } from './listener.ts';
import { isRequestType, negotiateType } from './media-type.ts';
import type { RequestMetrics } from './metrics.ts';
import { findPathFault, type PathFault, routedUrl } from './paths.ts';
import { BODY_LIMIT, decodeBody, TOO_LARGE } from './request-body.ts';
import { REQUEST_ID, requestIdOf } from './request-id.ts';
import { send, sendFault, sendGeneric } from './send.ts';
import { addUi, type UiPages } from './ui.ts';

export interface AppOptions {
  /** Answers of the HTTP layer itself (unknown paths, bad URLs) exactly as the Java server's, quirks included. */
  readonly strictConfluent: boolean;
  /** The listener that fastify gives its requests to. */
  readonly createServer: ServerFactory;
  /** What `Server` says in every answer. */
  readonly product: string;
  readonly onAccess?: (event: AccessEvent) => void;
  /** Told what a handler threw: a fault of ours, answered 500. */
  readonly onFailure?: (error: unknown, event: { readonly requestId: string; readonly url: string }) => void;
  readonly metrics?: RequestMetrics;
  readonly guard?: Omit<GuardOptions, 'onUser'>;
  /** What keeps the write that the last handler carried out; undefined when it wrote nothing. */
  readonly takeKeeping?: () => Promise<void> | undefined;
  /** Pages under /ui/. */
  readonly ui?: UiPages;
}

/** Node bounds the request line before this does. */
const MAX_PARAM_LENGTH = 16 * 1024;

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'] as const;

export function createApp(routes: readonly Route[], options: AppOptions): FastifyInstance {
  const { strictConfluent, createServer, product } = options;
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: true,
    serverFactory: createServer,
    clientErrorHandler: answerClientError,
    genReqId: (request) => requestIdOf(request.headers[REQUEST_ID]),
    rewriteUrl: (request) => routedUrl(request.url ?? '/'),
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: true, caseSensitive: true },
    // A path that cannot be decoded ends here, before any hook.
    frameworkErrors: (_error, request, reply) => {
      sendFault(reply, findPathFault(request.originalUrl) ?? BAD_REQUEST, strictConfluent);
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', (request, reply, done) => {
    // On the raw answer, so that those that bypass fastify carry them too.
    reply.raw.setHeader('X-Request-ID', request.id);
    reply.raw.setHeader('Server', product);
    done();
  });
  addAccessEvents(app, options);
  addErrorAnswers(app, options);
  for (const route of routes) addRoute(app, route, options);
  if (options.ui !== undefined) addUi(app, options.ui);
  return app;
}

function addAccessEvents(app: FastifyInstance, { onAccess, metrics, guard }: AppOptions): void {
  const users = new WeakMap<FastifyRequest, string>();
  if (metrics !== undefined) {
    app.addHook('onRequest', (_request, _reply, done) => {
      metrics.begin();
      done();
    });
  }
  addGuard(app, {
    authenticator: () => undefined,
    openOperations: false,
    ...guard,
    onUser: (request, user) => users.set(request, user),
  });
  if (onAccess === undefined && metrics === undefined) return;
  app.addHook('onResponse', (request, reply, done) => {
    const event = describeAccess(request, reply, users.get(request));
    metrics?.end(event);
    onAccess?.(event);
    done();
  });
}

function describeAccess(request: FastifyRequest, reply: FastifyReply, user: string | undefined): AccessEvent {
  const route = request.routeOptions.url;
  const userAgent = request.headers['user-agent'];
  const length = reply.getHeader('content-length') ?? reply.raw.getHeader('content-length');
  return {
    time: Date.now(),
    method: request.method,
    url: request.originalUrl,
    ...(route === undefined ? {} : { route }),
    status: reply.statusCode,
    milliseconds: reply.elapsedTime,
    bytes: request.method === 'HEAD' ? 0 : Number(length ?? 0),
    remote: request.ip,
    ...(user === undefined ? {} : { user }),
    requestId: request.id,
    ...(userAgent === undefined ? {} : { userAgent }),
  };
}

function addErrorAnswers(app: FastifyInstance, { strictConfluent, onFailure }: AppOptions): void {
  app.addHook('onRequest', (request, reply, done) => {
    const fault = findPathFault(request.originalUrl);
    if (fault === undefined) done();
    else sendFault(reply, fault, strictConfluent);
  });
  app.setNotFoundHandler((_request, reply) => sendGeneric(reply, generic(404, 'Not Found'), strictConfluent));
  app.setErrorHandler((error: { readonly code?: string; readonly statusCode?: number }, request, reply) => {
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return send(reply, generic(413, TOO_LARGE));
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return send(reply, generic(error.statusCode, 'Bad Request'));
    }
    onFailure?.(error, { requestId: request.id, url: request.originalUrl });
    return send(reply, failure(500, 'Internal Server Error'));
  });
}

const failure = (code: number, message: string): Answer => ({
  status: 500,
  body: JSON.stringify({ error_code: code, message }),
});

const BAD_REQUEST: PathFault = { reason: 'Bad Request', uri: '/badMessage' };

function addRoute(app: FastifyInstance, route: Route, options: AppOptions): void {
  for (const method of METHODS) {
    const handler = method === 'PATCH' ? undefined : route.methods[method];
    app.route({
      method,
      url: route.path,
      // A HEAD route made from a GET that answers 405 would answer 405 too, which is right.
      handler: (request, reply) => {
        // In the order in which the Java server looks.
        if (handler === undefined) {
          return sendGeneric(reply, generic(405, 'Method Not Allowed'), options.strictConfluent);
        }
        if (method !== 'GET' && !isRequestType(request.headers['content-type'])) {
          return send(reply, generic(415, 'Unsupported Media Type'));
        }
        if (!isAcceptable(request)) return sendGeneric(reply, generic(406, 'Not Acceptable'), options.strictConfluent);
        const body: unknown = request.body;
        const encoding = request.headers['content-encoding'];
        if (!Buffer.isBuffer(body)) return answerCall(reply, handler, '', options);
        if (encoding === undefined) return answerCall(reply, handler, body.toString('utf8'), options);
        return decodeBody(body, encoding).then((decoded) =>
          'text' in decoded
            ? answerCall(reply, handler, decoded.text, options)
            : send(reply, generic(decoded.status, decoded.reason)),
        );
      },
    });
  }
  app.route({
    method: 'OPTIONS',
    url: route.path,
    handler: (_request, reply) => reply.header('content-type', 'text/plain').send(allowedMethods(route)),
  });
}

/** Prometheus asks for types of its own. */
function isAcceptable({ headers, routeOptions }: FastifyRequest): boolean {
  return negotiateType(headers.accept) !== undefined || routeOptions.url === '/metrics';
}

/** As the Java server lists them for a path that can only be read (observed: `HEAD, GET, OPTIONS`). */
function allowedMethods({ methods }: Route): string {
  const names: Method[] = ['POST', 'PUT', 'DELETE'];
  const own = names.filter((name) => methods[name] !== undefined);
  return [...(methods.GET === undefined ? [] : ['HEAD', 'GET']), ...own, 'OPTIONS'].join(', ');
}

function answerCall(
  reply: FastifyReply,
  handler: Handler,
  body: string,
  options: AppOptions,
): FastifyReply | Promise<FastifyReply> {
  const { params, query } = reply.request;
  return sendOnceKept(
    reply,
    handler({ params: params as Call['params'], query: query as Call['query'], body }),
    options,
  );
}

/** A write is answered when it is kept, or with what Confluent says when a record cannot be stored. */
function sendOnceKept(
  reply: FastifyReply,
  answer: Answer,
  { takeKeeping }: AppOptions,
): FastifyReply | Promise<FastifyReply> {
  const keeping = takeKeeping?.();
  if (keeping === undefined) return send(reply, answer);
  return keeping.then(
    () => send(reply, answer),
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      return send(reply, failure(50001, `Error while storing the change, which is kept in memory only: ${reason}`));
    },
  );
}
