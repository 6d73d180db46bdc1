/** The catalogue beside the registry: its files under /ui/, and what its pages ask. */
import type { FastifyInstance, FastifyReply } from 'fastify';

/** A file of the pages. */
export interface UiFile {
  readonly type: 'html' | 'js' | 'css' | 'svg' | 'txt';
  readonly text: string;
  /** Another content would have another path. */
  readonly lasting: boolean;
}

export interface UiPages {
  /** @param path below /ui/, '' for the page itself. @returns undefined where there is none. */
  read(path: string): Promise<UiFile | undefined>;
  /** @param path below /ui/api/. @param body JSON text. @returns undefined where nothing is answered under it. */
  ask(path: string, body: string): Promise<{ readonly status: number; readonly body: unknown } | undefined>;
}

const TYPES: Readonly<Record<UiFile['type'], string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
};

/** The page says the same of itself; only a header can forbid frames. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'";

export function addUi(app: FastifyInstance, pages: UiPages): void {
  const show = async (reply: FastifyReply, path: string): Promise<FastifyReply> => {
    const file = await pages.read(path);
    if (file === undefined) return answerJson(reply, 404, { error_code: 404, message: `there is no page ${path}` });
    return guarded(reply)
      .header('content-type', TYPES[file.type])
      .header('cache-control', file.lasting ? 'private, max-age=3600, immutable' : 'no-store')
      .send(file.text);
  };
  app.route<{ Params: { '*': string } }>({
    method: 'GET',
    url: '/ui/*',
    handler: async (request, reply) => show(reply, request.params['*']),
  });
  app.route({
    method: 'GET',
    url: '/ui',
    handler: async ({ originalUrl }, reply) => {
      // The router takes both for one; what the page names is relative to the second.
      if (/^[^?]*\/(\?|$)/.test(originalUrl)) return show(reply, '');
      // Relative, so that it also holds behind a proxy that adds a path before ours.
      return reply.code(302).header('location', 'ui/').send();
    },
  });
  app.route<{ Params: { '*': string } }>({
    method: 'POST',
    url: '/ui/api/*',
    handler: async (request, reply) => {
      const { body, headers } = request;
      // What a page of another site may send without asking first is not JSON.
      if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) {
        return answerJson(reply, 415, { error_code: 415, message: 'the body must be application/json' });
      }
      const answer = await pages.ask(request.params['*'], Buffer.isBuffer(body) ? body.toString('utf8') : '');
      return answer === undefined
        ? answerJson(reply, 404, { error_code: 404, message: 'nothing is answered here' })
        : answerJson(reply, answer.status, answer.body);
    },
  });
}

function guarded(reply: FastifyReply): FastifyReply {
  return reply
    .header('content-security-policy', POLICY)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer');
}

function answerJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return guarded(reply)
    .code(status)
    .header('content-type', 'application/json')
    .header('cache-control', 'no-store')
    .send(Buffer.from(JSON.stringify(body)));
}
