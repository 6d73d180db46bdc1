/** Addresses: everything that can be looked at has one, after the `#`, so that files on disk can be linked into as well. */

export type Route =
  | { readonly page: 'overview' }
  | { readonly page: 'subjects'; readonly type: string; readonly context: string; readonly find: string }
  | { readonly page: 'subject'; readonly subject: string; readonly version?: number; readonly view: SubjectView }
  | { readonly page: 'diff'; readonly subject: string; readonly from?: number; readonly to?: number }
  | { readonly page: 'graph'; readonly subject?: string }
  | { readonly page: 'ids'; readonly id: string }
  | { readonly page: 'search'; readonly query: string }
  | { readonly page: 'findings' }
  | { readonly page: 'decode' }
  | { readonly page: 'unknown'; readonly path: string };

export type SubjectView = 'fields' | 'text' | 'about';

const VIEWS: readonly string[] = ['fields', 'text', 'about'];

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [page = '', ...parts] = path.split('/').map(decode);
  const asked = new URLSearchParams(query);
  const [first = '', second = '', third = ''] = parts;
  switch (page) {
    case '':
      return { page: 'overview' };
    case 'subjects':
      return {
        page: 'subjects',
        type: asked.get('type') ?? '',
        context: asked.get('context') ?? '',
        find: asked.get('find') ?? '',
      };
    case 's': {
      if (second === 'diff')
        return { page: 'diff', subject: first, ...number('from', third), ...number('to', parts[3]) };
      if (second === 'graph') return { page: 'graph', subject: first };
      const view = asked.get('view') ?? '';
      return {
        page: 'subject',
        subject: first,
        ...(second === 'v' ? number('version', third) : {}),
        view: VIEWS.includes(view) ? (view as SubjectView) : 'fields',
      };
    }
    case 'graph':
      return { page: 'graph' };
    case 'ids':
      return { page: 'ids', id: first };
    case 'search':
      return { page: 'search', query: asked.get('q') ?? '' };
    case 'findings':
      return { page: 'findings' };
    case 'decode':
      return { page: 'decode' };
    default:
      return { page: 'unknown', path };
  }
}

function number<Name extends string>(name: Name, text: string | undefined): { readonly [key in Name]?: number } {
  const value = Number(text);
  return text !== undefined && text !== '' && Number.isInteger(value)
    ? ({ [name]: value } as { readonly [key in Name]?: number })
    : {};
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const encode = encodeURIComponent;

export const linkTo = {
  overview: '#/',
  subjects: (asked: { readonly type?: string; readonly context?: string; readonly find?: string } = {}): string => {
    const params = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ''));
    return params.size === 0 ? '#/subjects' : `#/subjects?${params}`;
  },
  subject: (subject: string, version?: number, view?: SubjectView): string => {
    const of = version === undefined ? '' : `/v/${version}`;
    return `#/s/${encode(subject)}${of}${view === undefined || view === 'fields' ? '' : `?view=${view}`}`;
  },
  diff: (subject: string, from: number, to: number): string => `#/s/${encode(subject)}/diff/${from}/${to}`,
  graph: (subject?: string): string => (subject === undefined ? '#/graph' : `#/s/${encode(subject)}/graph`),
  id: (id: number | string): string => (id === '' ? '#/ids' : `#/ids/${encode(String(id))}`),
  search: (query: string): string => `#/search?q=${encode(query)}`,
  findings: '#/findings',
  decode: '#/decode',
};

/** Changes the address without a step in the browser's history: while a person types. */
export function replaceAddress(address: string): void {
  history.replaceState(null, '', address);
  dispatchEvent(new HashChangeEvent('hashchange'));
}
