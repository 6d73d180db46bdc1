/** The data files: scripts that hand over a value each, loaded once and when asked for. */
import type { SiteGraph, SiteIndex, SiteSubject, TermEntry } from '../src/site/model.ts';
import type { Languages } from './languages.ts';

interface Received {
  put(key: string, value: unknown): void;
  languages?: Languages;
}

declare global {
  var srgit: Received;
}

const { base = '.', served = 'no' } = document.documentElement.dataset;

/** A registry stands beside the page. */
export const isServed = served === 'yes';

const values = new Map<string, unknown>();
const loading = new Map<string, Promise<unknown>>();
let onIndex: ((index: SiteIndex) => void) | undefined;
let current: SiteIndex | undefined;

export function receive(whenIndex: (index: SiteIndex) => void): void {
  onIndex = whenIndex;
  globalThis.srgit = {
    put(key, value) {
      values.set(key, value);
      if (key === 'index') {
        current = value as SiteIndex;
        onIndex?.(current);
      }
    },
  };
}

/** What every page needs; there once anything is shown. */
export function siteIndex(): SiteIndex {
  if (current === undefined) throw new Error('the index is not there yet');
  return current;
}

/** A piece that was loaded already. */
export function peek<Value>(key: string): Value | undefined {
  return values.get(key) as Value | undefined;
}

function load<Value>(key: string): Promise<Value> {
  const known = values.get(key);
  if (known !== undefined) return Promise.resolve(known as Value);
  return once(key, `${base}/data/${key}.js`, () => values.get(key) as Value);
}

function once<Value>(key: string, file: string, get: () => Value): Promise<Value> {
  const running = loading.get(key);
  if (running !== undefined) return running as Promise<Value>;
  const promise = new Promise<Value>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = file;
    script.onload = () => resolve(get());
    script.onerror = () => {
      loading.delete(key);
      reject(new Error(`${file} could not be loaded`));
    };
    document.head.append(script);
  });
  loading.set(key, promise);
  return promise;
}

/** The parsers and comparisons of the three languages, which the first page does without. */
export function loadLanguages(): Promise<Languages> {
  const known = globalThis.srgit.languages;
  if (known !== undefined) return Promise.resolve(known);
  return once('languages', `${base}/languages.js`, () => {
    const loaded = globalThis.srgit.languages;
    if (loaded === undefined) throw new Error('the languages did not arrive');
    return loaded;
  });
}

export function pieceOf(at: number): number {
  const { pieces } = siteIndex();
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((pieces[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

export async function loadSubject(at: number): Promise<SiteSubject> {
  const piece = pieceOf(at);
  const subjects = await load<readonly SiteSubject[]>(`subjects-${piece}`);
  const subject = subjects[at - (siteIndex().pieces[piece] ?? 0)];
  if (subject === undefined) throw new Error(`there is no subject ${at}`);
  return subject;
}

export const loadGraph = (): Promise<SiteGraph> => load<SiteGraph>('graph');

export const loadTerms = (piece: number): Promise<readonly TermEntry[]> => load<readonly TermEntry[]>(`terms-${piece}`);
