/** Recognises the schema frames of one side of a topic's records and decides, once for each id, what to do about it. */

import type { RecordSide, SideRule } from './frame-rules.ts';
import { FrameEntry, type FrameKind, type FrameVerdict, MAX_STRANGERS, type SideCount } from './frame-tally.ts';
import { ABSENT, SCHEMA_HEADER, type SchemaHeaders, VALUE } from './header-names.ts';
import { guidText, guidWords, type SchemaIdMap } from './schema-id-map.ts';

/** A frame found: whose entry it is, and where its id lies. */
export class FoundFrames {
  count = 0;
  readonly entries: FrameEntry[] = [];
  /** Position of the id in the record's buffer. */
  readonly positions: number[] = [];

  add(entry: FrameEntry, position: number): void {
    this.entries[this.count] = entry;
    this.positions[this.count++] = position;
  }
}

export class SideFrames {
  nulls = 0;
  plain = 0;
  eightBytes = 0;
  badHeaders = 0;

  private readonly side: RecordSide;
  private readonly rule: SideRule;
  private readonly firstHeader: number;
  /** Every entry, by kind and id. */
  private readonly entries = new Map<string, FrameEntry>();
  private strangers = 0;
  private readonly recent: Readonly<Record<FrameKind, RecentEntries>>;

  constructor(side: RecordSide, rule: SideRule) {
    this.side = side;
    this.rule = rule;
    this.firstHeader = side === 'key' ? 0 : VALUE;
    this.recent = {
      id: new RecentEntries(),
      guid: new RecentEntries(),
      glue: new RecentEntries(),
      'header-id': new RecentEntries(),
      'header-guid': new RecentEntries(),
      'apicurio-id': new RecentEntries(),
      'apicurio-header-global-id': new RecentEntries(),
      'apicurio-header-content-id': new RecentEntries(),
    };
  }

  /** Adds the frames of this side of a record to `found`. Nothing is counted but what has no frame. */
  find(bytes: Buffer, start: number, length: number, headers: SchemaHeaders, found: FoundFrames): void {
    if (length < 0) {
      this.nulls++;
      return;
    }
    if (this.rule.framing === 'none') {
      this.plain++;
      return;
    }
    // A record whose id is in a header has nothing before its payload, whatever that begins with. An empty payload
    // may have one: a Protobuf message of defaults only.
    if (headers.any && this.findInHeaders(bytes, headers, found)) return;
    if (length === 8) this.eightBytes++;
    const isData = length < 5 || (length === 8 && this.rule.longs === 'data');
    const entry = isData ? undefined : this.ofPayload(bytes, start, length);
    if (entry === undefined) this.plain++;
    else found.add(entry, start + (entry.kind === 'glue' ? 2 : 1));
  }

  counts(): SideCount {
    return { nulls: this.nulls, plain: this.plain, eightBytes: this.eightBytes, badHeaders: this.badHeaders };
  }

  /** Entries that were seen. */
  *seen(): Generator<FrameEntry> {
    for (const entry of this.entries.values()) if (entry.count > 0) yield entry;
  }

  private ofPayload(bytes: Buffer, start: number, length: number): FrameEntry | undefined {
    switch (bytes[start]) {
      case 0:
        if (length >= 9 && wordAt(bytes, start + 1) === 0) return this.ofApicurioId(bytes, start + 1);
        return this.recent.id.recall(bytes, start + 1, 1) ?? this.ofId(wordAt(bytes, start + 1));
      case 1:
        return length < 17 ? undefined : this.ofGuid(bytes, start + 1);
      case 3:
        return length < 18 ? undefined : this.ofGlue(bytes, start);
      default:
        return undefined;
    }
  }

  private ofId(id: number): FrameEntry {
    const { map, framing, registered } = this.rule;
    let verdict: FrameVerdict | undefined;
    if (framing === 'auto') {
      if (id <= 0) verdict = 'lookalike';
      else if (registered !== undefined && map.ids.has(id) && !registered.has(id)) verdict = 'foreign';
    }
    return this.entryOf('id', id, map.ids, wordsOfId, verdict);
  }

  private ofGuid(bytes: Buffer, position: number): FrameEntry | undefined {
    const recent = this.recent.guid.recall(bytes, position, 4);
    if (recent !== undefined) return recent;
    const guid = guidText(bytes, position);
    const { map, framing } = this.rule;
    // By chance no data is a known guid; by chance any data that begins with 1 is an unknown one.
    if (framing === 'auto' && !map.guids?.has(guid)) return undefined;
    return this.entryOf('guid', guid, map.guids, guidWords);
  }

  /** Eight bytes whose first half is 0: no id of 32 bits is 0, and 64-bit ids are small. Apicurio's clients tell so, too. */
  private ofApicurioId(bytes: Buffer, position: number): FrameEntry | undefined {
    const recent = this.recent['apicurio-id'].recall(bytes, position, 2);
    if (recent !== undefined) return recent;
    const id = bytes.readBigInt64BE(position);
    if (id === 0n) return undefined;
    const { map, apicurioPayload } = this.rule;
    const known = apicurioPayload === 'contentId' ? map.apicurioContentIds : map.apicurioGlobalIds;
    return this.entryOf('apicurio-id', id, known, wordsOfLong, known?.has(id) ? undefined : 'left');
  }

  private ofGlue(bytes: Buffer, start: number): FrameEntry | undefined {
    const compression = bytes[start + 1];
    if (compression !== 0 && compression !== 5) return undefined;
    const recent = this.recent.glue.recall(bytes, start + 2, 4);
    if (recent !== undefined) return recent;
    const guid = guidText(bytes, start + 2);
    const known = this.rule.map.glueVersions;
    return this.entryOf('glue', guid, known, guidWords, known?.has(guid) ? undefined : 'left');
  }

  /** Whether a header says which schema the record has. */
  private findInHeaders(bytes: Buffer, headers: SchemaHeaders, found: FoundFrames): boolean {
    const before = found.count;
    const { confluent, globalId, contentId } = SCHEMA_HEADER;
    const at = this.firstHeader;
    const isConfluent = headers.length[at + confluent] !== ABSENT;
    if (isConfluent) {
      this.ofConfluentHeader(bytes, headers.start[at + confluent] ?? 0, headers.length[at + confluent] ?? 0, found);
    }
    const { apicurioGlobalIds, apicurioContentIds } = this.rule.map;
    this.ofApicurioHeader(bytes, headers, at + globalId, 'apicurio-header-global-id', apicurioGlobalIds, found);
    this.ofApicurioHeader(bytes, headers, at + contentId, 'apicurio-header-content-id', apicurioContentIds, found);
    return isConfluent || found.count > before;
  }

  private ofConfluentHeader(bytes: Buffer, start: number, length: number, found: FoundFrames): void {
    const { ids, guids } = this.rule.map;
    const at = start + 1;
    if (length >= 5 && bytes[start] === 0) {
      const id = wordAt(bytes, at);
      const entry = this.recent['header-id'].recall(bytes, at, 1);
      found.add(entry ?? this.entryOf('header-id', id, ids, wordsOfId, expected(ids.has(id))), at);
    } else if (length >= 17 && bytes[start] === 1) {
      const entry = this.recent['header-guid'].recall(bytes, at, 4);
      found.add(entry ?? this.ofHeaderGuid(guidText(bytes, at), guids), at);
    } else this.badHeaders++;
  }

  private ofHeaderGuid(guid: string, known: SchemaIdMap['guids']): FrameEntry {
    return this.entryOf('header-guid', guid, known, guidWords, expected(known?.has(guid)));
  }

  private ofApicurioHeader(
    bytes: Buffer,
    headers: SchemaHeaders,
    number: number,
    kind: FrameKind,
    known: ReadonlyMap<bigint, bigint | undefined> | undefined,
    found: FoundFrames,
  ): void {
    const length = headers.length[number] ?? ABSENT;
    if (length === ABSENT) return;
    if (length !== 8) {
      this.badHeaders++;
      return;
    }
    const start = headers.start[number] ?? 0;
    let entry = this.recent[kind].recall(bytes, start, 2);
    if (entry === undefined) {
      const id = bytes.readBigInt64BE(start);
      entry = this.entryOf(kind, id, known, wordsOfLong, known === undefined ? 'left' : expected(known.has(id)));
    }
    found.add(entry, start);
  }

  /** The entry for an id; made, and decided about, when it is first seen. */
  private entryOf<Id extends number | bigint | string>(
    kind: FrameKind,
    id: Id,
    known: ReadonlyMap<Id, Id | undefined> | undefined,
    toWords: (id: Id) => Int32Array,
    decided?: FrameVerdict,
  ): FrameEntry {
    const name = `${kind} ${id}`;
    const entry = this.entries.get(name) ?? this.makeEntry(name, kind, id, known, toWords, decided);
    this.recent[kind].keep(entry);
    return entry;
  }

  private makeEntry<Id extends number | bigint | string>(
    name: string,
    kind: FrameKind,
    id: Id,
    known: ReadonlyMap<Id, Id | undefined> | undefined,
    toWords: (id: Id) => Int32Array,
    decided: FrameVerdict | undefined,
  ): FrameEntry {
    const isKnown = known?.has(id) === true;
    const target = known?.get(id);
    const verdict = decided ?? (isKnown ? verdictOf(id, target) : this.ofStranger());
    if (!isKnown && this.strangers++ >= MAX_STRANGERS) return this.others(kind, verdict);
    const written =
      verdict === 'mapped' && target !== undefined ? { words: toWords(target), text: `${target}` } : undefined;
    const made = new FrameEntry(this.side, kind, `${id}`, verdict, toWords(id), written);
    this.entries.set(name, made);
    return made;
  }

  private ofStranger(): FrameVerdict {
    const { framing, registered, strangers } = this.rule;
    if (framing === 'confluent') return 'unknown';
    return (strangers ?? (registered === undefined ? 'data' : 'missing')) === 'missing' ? 'unknown' : 'lookalike';
  }

  private others(kind: FrameKind, verdict: FrameVerdict): FrameEntry {
    const name = `${kind} ${verdict} ${OTHERS}`;
    const entry = this.entries.get(name) ?? new FrameEntry(this.side, kind, OTHERS, verdict, NO_WORDS);
    this.entries.set(name, entry);
    return entry;
  }
}

/** The entries last seen, by the low bits of their id: most topics have few schemas. */
class RecentEntries {
  private readonly slots: FrameEntry[] = EMPTY_SLOTS.slice();

  /** The entry of the id at `at`, which has `size` words. */
  recall(bytes: Buffer, at: number, size: 1 | 2 | 4): FrameEntry | undefined {
    const last = wordAt(bytes, at + 4 * size - 4);
    const entry = this.slots[last & (RECENT - 1)] as FrameEntry;
    const words = entry.words;
    if (words[size - 1] !== last) return undefined;
    for (let i = 0; i < size - 1; i++) if (words[i] !== wordAt(bytes, at + 4 * i)) return undefined;
    return entry;
  }

  keep(entry: FrameEntry): void {
    const last = entry.words.at(-1);
    if (last !== undefined) this.slots[last & (RECENT - 1)] = entry;
  }
}

const RECENT = 64;
/** Entries that are never recalled. */
const EMPTY_SLOTS: readonly FrameEntry[] = Array.from(
  { length: RECENT },
  () => new FrameEntry('key', 'id', '', 'lookalike', new Int32Array(0)),
);
const OTHERS = 'others';
const NO_WORDS = new Int32Array(0);

function verdictOf<Id>(id: Id, target: Id | undefined): FrameVerdict {
  if (target === undefined) return 'unmapped';
  return target === id ? 'same' : 'mapped';
}

/** A header with the schema's name is a frame beyond doubt, so an id that no map knows is a missing schema. */
function expected(isKnown: boolean | undefined): FrameVerdict | undefined {
  return isKnown ? undefined : 'unknown';
}

function wordAt(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

function wordsOfId(id: number): Int32Array {
  return Int32Array.of(id);
}

function wordsOfLong(id: bigint): Int32Array {
  return Int32Array.of(Number(BigInt.asIntN(32, id >> 32n)), Number(BigInt.asIntN(32, id)));
}
