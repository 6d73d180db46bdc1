/** Answers as fastify sends them. */
import type { FastifyReply } from 'fastify';
import type { Answer } from './call.ts';
import { generic } from './call.ts';
import { MEDIA_TYPES, negotiateType } from './media-type.ts';
import { faultPage, type PathFault } from './paths.ts';

/** An answer of the registry, in the media type that the request asks for. */
export function send(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.code(answer.status);
  if (answer.body === undefined) return reply.send();
  const type = answer.type ?? negotiateType(reply.request.headers.accept) ?? MEDIA_TYPES[0];
  // As bytes: fastify adds a charset to the type of JSON that it is given as text, the registry has none.
  return reply.header('content-type', type).send(Buffer.from(answer.body));
}

/** Unknown paths, methods and types: the Java server names no content type for these (observed). */
export function sendGeneric(reply: FastifyReply, answer: Answer, strictConfluent: boolean): FastifyReply {
  if (!strictConfluent) return send(reply, answer);
  reply.hijack();
  const body = Buffer.from(answer.body ?? '');
  reply.raw.writeHead(answer.status, { 'content-length': body.length });
  reply.raw.end(reply.request.method === 'HEAD' ? undefined : body);
  return reply;
}

/** A path that the HTTP layer refuses: the Java server answers a page and closes the connection (observed). */
export function sendFault(reply: FastifyReply, fault: PathFault, strictConfluent: boolean): FastifyReply {
  if (!strictConfluent) return send(reply, generic(400, fault.reason));
  return reply.code(400).header('content-type', 'text/html;charset=iso-8859-1').send(faultPage(fault));
}
