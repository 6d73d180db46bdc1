/** Answers what is typed: names are all here, words of fields and docs come in pieces when they are asked for. */
import MiniSearch from 'minisearch';
import type { GuidPayload, IdPayload, TermEntry, WordPayload } from '../src/site/model.ts';
import { wordsOf } from '../src/site/words.ts';
import { loadTerms, peek, siteIndex } from './store.ts';
import { qualifiedName } from './subjects.ts';

export interface Found {
  /** Subject number. */
  readonly at: number;
  /** Places of fields that have the words; empty when the name has them, or where they stand is not told. */
  readonly places: readonly string[];
  readonly kind: 'name' | 'field';
}

export interface FoundId {
  readonly id: number;
  readonly payload: IdPayload;
}

export interface Results {
  readonly query: string;
  readonly ids: readonly FoundId[];
  readonly guids: readonly { readonly guid: string; readonly payload: GuidPayload }[];
  readonly subjects: readonly Found[];
  readonly total: number;
  /** What was typed begins more words than were looked at. */
  readonly more: boolean;
  /** Nothing was found, but these names are like it. */
  readonly similar: readonly number[];
}

/** Pieces that one beginning of a word is looked up in. */
const MAX_PIECES = 3;
const MAX_RESULTS = 200;

export async function search(query: string): Promise<Results> {
  const text = query.trim().toLowerCase();
  const words = [...new Set(wordsOf(text))];
  const [ids, guids] = await Promise.all([findIds(text), findGuids(text)]);
  const byWord = await Promise.all(words.map(findWord));
  const { found, total } = findSubjects(text, words, byWord);
  const nothing = total === 0 && ids.length === 0 && guids.length === 0;
  return {
    query,
    ids,
    guids,
    subjects: found,
    total,
    more: byWord.some(({ more }) => more),
    similar: nothing && words.length > 0 ? findSimilar(text) : [],
  };
}

/** What stands under exactly this term. */
export async function lookUp<Payload extends TermEntry[1]>(term: string): Promise<Payload | undefined> {
  const { entries } = await readTerms(term, (one) => one === term);
  return entries[0]?.[1] as Payload | undefined;
}

async function findIds(text: string): Promise<readonly FoundId[]> {
  if (!/^-?\d{1,10}$/.test(text)) return [];
  const { entries } = await readTerms(`i${text}`, (term) => term.startsWith(`i${text}`), 5);
  return entries.map(([term, payload]) => ({ id: Number(term.slice(1)), payload: payload as IdPayload }));
}

/** Also of one that was copied without its dashes. */
async function findGuids(text: string): Promise<Results['guids']> {
  if (!/^[0-9a-f-]{4,36}$/.test(text) || !/[0-9]/.test(text)) return [];
  const guid = text.replace(/^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/, '$1-$2-$3-$4-$5');
  const { entries } = await readTerms(`g${guid}`, (term) => term.startsWith(`g${guid}`), 5);
  return entries.map(([term, payload]) => ({ guid: term.slice(1), payload: payload as GuidPayload }));
}

interface WordMatches {
  /** Place by subject, empty where it is not told. */
  readonly subjects: ReadonlyMap<number, string>;
  readonly more: boolean;
}

async function findWord(word: string): Promise<WordMatches> {
  // One letter begins half of all words.
  if (word.length < 2) return { subjects: new Map(), more: true };
  const { entries, more } = await readTerms(`w${word}`, (term) => term.startsWith(`w${word}`));
  const subjects = new Map<number, string>();
  for (const [, payload] of entries) {
    const { s, f } = payload as WordPayload;
    let at = 0;
    s.forEach((step, number) => {
      at += step;
      if (!subjects.has(at)) subjects.set(at, f?.[number] ?? '');
    });
  }
  return { subjects, more };
}

/** Terms from `from` on that `belongs` says yes to; they stand together. */
async function readTerms(
  from: string,
  belongs: (term: string) => boolean,
  limit = Number.POSITIVE_INFINITY,
): Promise<{ readonly entries: readonly TermEntry[]; readonly more: boolean }> {
  const { termPieces } = siteIndex();
  let piece = Math.max(0, lowerBound(termPieces, (first) => first > from) - 1);
  const entries: TermEntry[] = [];
  for (let read = 0; piece < termPieces.length; piece++, read++) {
    if (read > 0 && !belongs(termPieces[piece] ?? '')) return { entries, more: false };
    if (read === MAX_PIECES) return { entries, more: true };
    // Without a step aside where the piece is here already: an answer then comes within the same frame.
    const terms = peek<readonly TermEntry[]>(`terms-${piece}`) ?? (await loadTerms(piece));
    for (let at = lowerBound(terms, ([term]) => term >= from); at < terms.length; at++) {
      const entry = terms[at];
      if (entry === undefined || !belongs(entry[0])) return { entries, more: false };
      entries.push(entry);
      if (entries.length >= limit) return { entries, more: true };
    }
  }
  return { entries, more: false };
}

/** The first place from which on the test is true. */
function lowerBound<Item>(items: readonly Item[], test: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && test(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}

let names: readonly string[] | undefined;

function findSubjects(
  text: string,
  words: readonly string[],
  byWord: readonly WordMatches[],
): { readonly found: readonly Found[]; readonly total: number } {
  if (text === '') return { found: [], total: 0 };
  names ??= siteIndex().subjects.name.map((_, at) => qualifiedName(at).toLowerCase());
  const ranked: { readonly found: Found; readonly rank: number }[] = [];
  for (const [at, name] of names.entries()) {
    if (name.includes(text)) {
      ranked.push({ found: { at, places: [], kind: 'name' }, rank: rankName(name, text) });
      continue;
    }
    if (words.length === 0) continue;
    const places: string[] = [];
    let all = true;
    for (const [number, word] of words.entries()) {
      const place = byWord[number]?.subjects.get(at);
      if (place !== undefined && place !== '' && !places.includes(place)) places.push(place);
      if (place === undefined && !name.includes(word)) {
        all = false;
        break;
      }
    }
    if (!all) continue;
    const inName = words.every((word) => name.includes(word));
    ranked.push({ found: { at, places: inName ? [] : places, kind: inName ? 'name' : 'field' }, rank: inName ? 4 : 5 });
  }
  ranked.sort((a, b) => a.rank - b.rank || a.found.at - b.found.at);
  return { found: ranked.slice(0, MAX_RESULTS).map(({ found }) => found), total: ranked.length };
}

function rankName(name: string, text: string): number {
  if (name === text) return 0;
  if (name.startsWith(text)) return 1;
  const before = name.charAt(name.indexOf(text) - 1);
  return /[\p{L}\p{N}]/u.test(before) ? 3 : 2;
}

let similar: MiniSearch<{ readonly id: number; readonly name: string }> | undefined;

/** Names with a slip of the keyboard less or more. */
function findSimilar(text: string): readonly number[] {
  if (similar === undefined) {
    similar = new MiniSearch({ fields: ['name'], tokenize: (name) => [...wordsOf(name)] });
    similar.addAll(siteIndex().subjects.name.map((name, id) => ({ id, name })));
  }
  return similar
    .search(text, { fuzzy: 0.34, prefix: true })
    .slice(0, 8)
    .map(({ id }) => Number(id));
}
