/** Addresses of schemas: what a `$ref` or `$id` means where it stands (RFC 3986, section 5.2). */

const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:/;
/** Scheme with authority, path, query and fragment of an address. */
const PARTS = /^((?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/[^/?#]*)?)([^?#]*)(\?[^#]*)?(#.*)?$/s;

/**
 * @param base undefined where nothing above has an id: then references are compared as they are written.
 */
export function resolveAddress(base: string | undefined, reference: string): string {
  if (base === undefined || ABSOLUTE.test(reference)) return reference;
  if (reference === '') return base;
  const [, origin = '', path = '', query = ''] = PARTS.exec(base) ?? [];
  if (reference.startsWith('#')) return origin + path + query + reference;
  if (reference.startsWith('//')) return (/^[^/]*/.exec(origin)?.[0] ?? '') + reference;
  if (reference.startsWith('?')) return origin + path + reference;
  const [, , referencePath = '', referenceQuery = '', fragment = ''] = PARTS.exec(reference) ?? [];
  const merged = referencePath.startsWith('/')
    ? referencePath
    : path.slice(0, path.lastIndexOf('/') + 1) + referencePath;
  const rooted = origin.includes('//') && !merged.startsWith('/') ? `/${merged}` : merged;
  return origin + removeDots(rooted) + referenceQuery + fragment;
}

function removeDots(path: string): string {
  if (!path.includes('.')) return path;
  const kept: string[] = [];
  const segments = path.split('/');
  for (const [at, segment] of segments.entries()) {
    const isLast = at === segments.length - 1;
    if (segment === '..') {
      if (kept.length > 1 || (kept.length === 1 && kept[0] !== '')) kept.pop();
      if (isLast) kept.push('');
    } else if (segment === '.') {
      if (isLast) kept.push('');
    } else {
      kept.push(segment);
    }
  }
  return kept.join('/');
}

/** An address in two: without its fragment, and the fragment without its `#` (empty when there is none). */
export function splitAddress(address: string): { readonly document: string; readonly fragment: string } {
  const hash = address.indexOf('#');
  if (hash < 0) return { document: address, fragment: '' };
  return { document: address.slice(0, hash), fragment: address.slice(hash + 1) };
}

/**
 * The steps of a JSON pointer in a fragment (`/definitions/A~1B`); undefined when it is none.
 */
export function parsePointer(fragment: string): readonly string[] | undefined {
  if (fragment === '') return [];
  if (!fragment.startsWith('/')) return undefined;
  return fragment
    .slice(1)
    .split('/')
    .map((step) => decodePercent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Whether Java's `URI` takes it, which ids go through: no spaces, quotes or backslashes, `%` only before two hex digits,
 * one `#` at most, brackets in no path, and something after `scheme:` and `//`.
 */
export function isJavaUri(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are among what Java refuses.
  if (/[\s\u0000-\u0020\u007f-\u00a0"<>\\^`{|}]|%(?![0-9a-fA-F]{2})|#.*#/s.test(text)) return false;
  const beforeFragment = text.replace(/#.*$/s, '');
  // What stands before the first colon is a scheme, unless it is part of a path already.
  const scheme = /^([^:/?]*):/.exec(beforeFragment);
  if (scheme !== null && (!ABSOLUTE.test(text) || scheme[0] === beforeFragment)) return false;
  const rest = beforeFragment.slice(scheme?.[0].length ?? 0);
  return !/^\/\/$/.test(rest) && !/[[\]]/.test(rest.replace(/^\/\/[^/?]*/, '').replace(/\?.*$/, ''));
}
