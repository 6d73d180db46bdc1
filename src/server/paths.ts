/** Paths before routing: context prefixes, path parameters, and what the Java server's HTTP layer refuses. */
import { DEFAULT_CONTEXT } from '../model/subject-name.ts';
import { contextName } from '../semantics/contexts.ts';

/** The path and query to route by. */
export function routedUrl(url: string): string {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? '' : url.slice(mark + 1);
  // `;name=value` at the end of a segment is a parameter of the path, not of the name (observed).
  const plain = path.includes(';') ? path.replace(/;[^/]*/g, '') : path;
  if (plain.startsWith('/contexts/')) return inContext(plain, query);
  return query === '' ? plain : `${plain}?${query}`;
}

/** Place of the segment that is a subject: behind the first `subjects`, or behind `config` and `mode` at the beginning. */
function subjectAt(segments: readonly string[]): number {
  const [first = ''] = segments;
  return first === 'config' || first === 'mode' ? 1 : segments.indexOf('subjects') + 1;
}

/** `/contexts/{c}/rest` is `rest` with its subjects in that context. `/contexts/{c}` itself stays. */
function inContext(path: string, query: string): string {
  const [, , encoded = '', ...rest] = path.split('/');
  if (rest.length === 0 || (rest.length === 1 && rest[0] === '')) return query === '' ? path : `${path}?${query}`;
  const context = contextName(decode(encoded));
  const prefix = `:${context}:`;
  const params = new URLSearchParams(query);
  const at = subjectAt(rest);
  const segments = rest.map((segment, place) =>
    at === 0 || place !== at || segment === '' ? segment : encodeURIComponent(qualify(decode(segment), prefix)),
  );
  const [first, second] = rest;
  if ((first === 'config' || first === 'mode') && !second && context !== DEFAULT_CONTEXT) {
    segments[1] = encodeURIComponent(prefix);
  }
  if ((first === 'subjects' || first === 'schemas') && !second) {
    params.set('subjectPrefix', qualify(params.get('subjectPrefix') ?? '', prefix));
  }
  if (first === 'schemas' && second === 'ids') params.set('subject', qualify(params.get('subject') ?? '', prefix));
  if (first === 'associations') params.set('context', context);
  const search = params.toString();
  return `/${segments.join('/')}${search === '' ? '' : `?${search}`}`;
}

function qualify(name: string, prefix: string): string {
  return name.startsWith(':.') || name.startsWith(':*:') ? name : `${prefix}${name}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export interface PathFault {
  readonly reason: string;
  /** The URI the HTTP layer shows in place of the real one. */
  readonly uri: '/badURI' | '/badMessage';
}

/** Why a path is refused before it reaches the registry; undefined when it is not. */
export function findPathFault(url: string): PathFault | undefined {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  if (path.includes('//')) return { reason: 'Ambiguous URI empty segment', uri: '/badURI' };
  if (!path.includes('%') && !path.includes('\\')) return undefined;
  if (/%(?![0-9a-f]{2})/i.test(path)) return { reason: 'Bad Request', uri: '/badMessage' };
  if (/\\|%5c|%[01][0-9a-f]|%7f/i.test(path)) return { reason: 'Suspicious Path Character', uri: '/badURI' };
  if (/\/(?:%2e|\.%2e|%2e%2e|%2e\.)(?:\/|$)/i.test(path))
    return { reason: 'Ambiguous URI path segment', uri: '/badURI' };
  try {
    decodeURIComponent(path);
  } catch {
    return { reason: 'Bad UTF-8 encoding', uri: '/badURI' };
  }
  return undefined;
}

/** The page the Java server's HTTP layer answers. */
export function faultPage({ reason, uri }: PathFault): string {
  return [
    '<html>',
    '<head>',
    '<meta http-equiv="Content-Type" content="text/html;charset=ISO-8859-1"/>',
    `<title>Error 400 ${reason}</title>`,
    '</head>',
    '<body>',
    `<h2>HTTP ERROR 400 ${reason}</h2>`,
    '<table>',
    `<tr><th>URI:</th><td>${uri}</td></tr>`,
    '<tr><th>STATUS:</th><td>400</td></tr>',
    `<tr><th>MESSAGE:</th><td>${reason}</td></tr>`,
    '</table>',
    '',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}
