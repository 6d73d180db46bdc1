/** The routes on fastify: media types, generic errors, access events. */
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Answer, type Call, generic, type Handler, type Method, type Route } from './call.ts';
import { faultPage, findPathFault, type PathFault, routedUrl } from './paths.ts';

export interface AppOptions {
  /** Answers of the HTTP layer itself (unknown paths, bad URLs) exactly as the Java server's, quirks included. */
  readonly strictConfluent: boolean;
  readonly onAccess?: (event: AccessEvent) => void;
}

export interface AccessEvent {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly status: number;
  readonly milliseconds: number;
}

/** Far above any schema: `_schemas` takes about 1 MiB, escaped. */
const BODY_LIMIT = 32 * 1024 * 1024;

/** Node bounds the request line before this does. */
const MAX_PARAM_LENGTH = 16 * 1024;

const MEDIA_TYPES = [
  'application/vnd.schemaregistry.v1+json',
  'application/vnd.schemaregistry+json',
  'application/json',
] as const;

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'] as const;

export function createApp(routes: readonly Route[], options: AppOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: true,
    rewriteUrl: (request) => routedUrl(request.url ?? '/'),
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: true, caseSensitive: true },
    // A path that cannot be decoded ends here, before any hook.
    frameworkErrors: (_error, request, reply) => {
      sendFault(reply, findPathFault(request.originalUrl) ?? BAD_REQUEST, request, options);
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  addErrorAnswers(app, options);
  for (const route of routes) addRoute(app, route, options);
  const { onAccess } = options;
  if (onAccess !== undefined) {
    app.addHook('onResponse', async (request, reply) => {
      onAccess({
        method: request.method,
        url: request.originalUrl,
        status: reply.statusCode,
        milliseconds: reply.elapsedTime,
      });
    });
  }
  return app;
}

function addErrorAnswers(app: FastifyInstance, options: AppOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    const fault = findPathFault(request.originalUrl);
    return fault === undefined ? undefined : sendFault(reply, fault, request, options);
  });
  app.setNotFoundHandler((_request, reply) => sendGeneric(reply, generic(404, 'Not Found'), options));
  app.setErrorHandler((error: { readonly code?: string; readonly statusCode?: number }, request, reply) => {
    const answer =
      error.code === 'FST_ERR_CTP_BODY_TOO_LARGE'
        ? generic(413, `Request Entity Too Large: the limit is ${BODY_LIMIT} bytes`)
        : error.statusCode !== undefined && error.statusCode < 500
          ? generic(error.statusCode, 'Bad Request')
          : { status: 500, body: JSON.stringify({ error_code: 500, message: 'Internal Server Error' }) };
    return send(reply, answer, mediaType(request));
  });
}

const BAD_REQUEST: PathFault = { reason: 'Bad Request', uri: '/badMessage' };

function sendFault(reply: FastifyReply, fault: PathFault, request: FastifyRequest, options: AppOptions): FastifyReply {
  if (!options.strictConfluent) return send(reply, generic(400, fault.reason), mediaType(request));
  return reply.code(400).header('content-type', 'text/html;charset=iso-8859-1').send(faultPage(fault));
}

function addRoute(app: FastifyInstance, route: Route, options: AppOptions): void {
  for (const method of METHODS) {
    const handler = method === 'PATCH' ? undefined : route.methods[method];
    app.route({
      method,
      url: route.path,
      // A HEAD route made from a GET that answers 405 would answer 405 too, which is right.
      handler: (request, reply) => {
        if (handler === undefined) return sendGeneric(reply, generic(405, 'Method Not Allowed'), options);
        if (method !== 'GET' && !acceptsBody(request)) {
          return send(reply, generic(415, 'Unsupported Media Type'), mediaType(request));
        }
        return send(reply, run(handler, request), mediaType(request));
      },
    });
  }
  app.route({
    method: 'OPTIONS',
    url: route.path,
    handler: (_request, reply) => reply.header('content-type', 'text/plain').send(allowedMethods(route)),
  });
}

/** As the Java server lists them for a path that can only be read (observed: `HEAD, GET, OPTIONS`). */
function allowedMethods({ methods }: Route): string {
  const names: Method[] = ['POST', 'PUT', 'DELETE'];
  const own = names.filter((name) => methods[name] !== undefined);
  return [...(methods.GET === undefined ? [] : ['HEAD', 'GET']), ...own, 'OPTIONS'].join(', ');
}

function run(handler: Handler, request: FastifyRequest): Answer {
  return handler({
    params: request.params as Call['params'],
    query: request.query as Call['query'],
    body: typeof request.body === 'string' ? request.body : '',
  });
}

const BODY_TYPES = new Set<string>([...MEDIA_TYPES, 'application/octet-stream']);

function acceptsBody(request: FastifyRequest): boolean {
  const type = request.headers['content-type'];
  return type === undefined || type === '' || BODY_TYPES.has(type.split(';', 1)[0]?.trim().toLowerCase() ?? '');
}

/** The first of our types the client names; ours when it takes anything. */
function mediaType(request: FastifyRequest): string {
  const accept = request.headers.accept;
  const fallback = MEDIA_TYPES[0];
  if (accept === undefined || accept.includes('*/*')) return fallback;
  return MEDIA_TYPES.find((type) => accept.includes(type)) ?? fallback;
}

function send(reply: FastifyReply, answer: Answer, type: string | undefined): FastifyReply {
  reply.code(answer.status);
  if (answer.body === undefined) return reply.send();
  // As bytes: fastify adds a charset to the type of JSON that it is given as text, the registry has none.
  return reply.header('content-type', type ?? MEDIA_TYPES[0]).send(Buffer.from(answer.body));
}

/** Unknown paths and methods: the Java server names no content type for these (observed). */
function sendGeneric(reply: FastifyReply, answer: Answer, options: AppOptions): FastifyReply {
  if (!options.strictConfluent) return send(reply, answer, undefined);
  reply.hijack();
  const body = Buffer.from(answer.body ?? '');
  reply.raw.writeHead(answer.status, { 'content-length': body.length });
  reply.raw.end(reply.request.method === 'HEAD' ? undefined : body);
  return reply;
}
