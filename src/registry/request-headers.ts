/** The headers of every request, as the flat list that undici sends without converting it. */
import { SrgitError } from '../errors.ts';

/** Registries answer in any of these; the first is what they document. */
const ACCEPT =
  'application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json;q=0.9, application/json;q=0.8';
const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';

/** RFC 9110 5.6.2 and 5.5, without the obsolete line folding. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** They belong to the connection; undici refuses or breaks on them. */
const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/**
 * @param authentication names and values in turn
 * @param extra replaces what has the same name
 * @throws SRGIT_CONFIG_INVALID naming a header that cannot be sent, never its value
 */
export function baseHeaders(
  userAgent: string,
  authentication: readonly string[],
  extra: Readonly<Record<string, string>> | undefined,
): string[] {
  // Without the second, Confluent Cloud leaves out guid, ts, deleted and schemaType (their field descriptions say so).
  const list = ['accept', ACCEPT, 'Confluent-Accept-Unknown-Properties', 'true', 'user-agent', userAgent];
  list.push(...authentication);
  const byName = new Map<string, [name: string, value: string]>();
  for (let index = 0; index + 1 < list.length; index += 2) {
    const name = list[index] ?? '';
    byName.set(name.toLowerCase(), [name, list[index + 1] ?? '']);
  }
  for (const [name, value] of Object.entries(extra ?? {})) byName.set(name.toLowerCase(), [name, value]);
  for (const [key, [name, value]] of byName) {
    if (TOKEN.test(name) && VALUE.test(value) && !RESERVED.has(key)) continue;
    const why = RESERVED.has(key) ? 'is set by the connection itself' : 'has characters that HTTP does not allow';
    throw new SrgitError('SRGIT_CONFIG_INVALID', `the header ${JSON.stringify(name)} ${why}`, {
      hint: 'Correct it in `headers`, or the token in `auth` (a line break at its end?).',
    });
  }
  return [...byName.values()].flat();
}

export function bodyHeaders(headers: readonly string[]): string[] {
  return headers.some((text, index) => index % 2 === 0 && text.toLowerCase() === 'content-type')
    ? [...headers]
    : [...headers, 'content-type', CONTENT_TYPE];
}
