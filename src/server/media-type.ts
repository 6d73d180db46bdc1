/** Which of the media types a registry speaks an answer gets, from the request's `Accept` header. */

/** What answers can be, the server's own preference first. */
export const MEDIA_TYPES = [
  'application/vnd.schemaregistry.v1+json',
  'application/vnd.schemaregistry+json',
  'application/json',
] as const;

/** How the server weighs its own types where the client does not care (read in Confluent's annotations). */
const PREFERENCE: Readonly<Record<string, number>> = {
  'application/vnd.schemaregistry.v1+json': 1,
  'application/vnd.schemaregistry+json': 0.9,
  'application/json': 0.5,
};

const REQUEST_TYPES: ReadonlySet<string> = new Set([...MEDIA_TYPES, 'application/octet-stream']);

interface Range {
  readonly type: string;
  readonly quality: number;
}

/**
 * The type the client likes best, then the server. A header that says nothing readable takes anything.
 *
 * @returns undefined when the client takes none of ours: 406.
 */
export function negotiateType(accept: string | undefined): string | undefined {
  const first = MEDIA_TYPES[0];
  if (accept === undefined || accept === '*/*' || accept === first) return first;
  const ranges = accept.split(',').flatMap(readRange);
  if (ranges.length === 0) return first;
  let best: { readonly type: string; readonly quality: number } | undefined;
  for (const type of MEDIA_TYPES) {
    const quality = qualityOf(type, ranges);
    if (quality === 0) continue;
    if (best === undefined || quality > best.quality) best = { type, quality };
    else if (quality === best.quality && weigh(type) > weigh(best.type)) best = { type, quality };
  }
  return best?.type;
}

const weigh = (type: string): number => PREFERENCE[type] ?? 0;

/** That of the most specific range that covers the type. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  for (const name of [type, 'application/*', '*/*']) {
    const covering = ranges.filter((range) => range.type === name);
    if (covering.length > 0) return Math.max(...covering.map((range) => range.quality));
  }
  return 0;
}

function readRange(text: string): Range[] {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  // Java's own HTTP client sends a bare star.
  const type = name === '*' ? '*/*' : name;
  if (!/^[^\s/]+\/[^\s/]+$/.test(type)) return [];
  const given = parameters.find((parameter) => /^q\s*=/.test(parameter));
  const quality = given === undefined ? 1 : Number(given.slice(given.indexOf('=') + 1));
  return [{ type, quality: Number.isFinite(quality) ? Math.min(1, Math.max(0, quality)) : 1 }];
}

/** Whether a body of this `Content-Type` is read; a request that names none is taken at its word. */
export function isRequestType(contentType: string | undefined): boolean {
  if (contentType === undefined || contentType === '') return true;
  return REQUEST_TYPES.has(contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '');
}
