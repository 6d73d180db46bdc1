/**
 * A `_schemas` topic, record by record, as a registry's state: what Confluent makes of it (observed on 8.3.1), and a finding
 * for everything that is not as a registry would have written it.
 */
import { applyRecord } from '../apply.ts';
import { rowOfId } from '../by-id.ts';
import { canonicalSubject, contextOf, referencedSubject } from '../names.ts';
import type { RegistryRecord, SchemaRecord } from '../records.ts';
import { createState, findRow, type RegistryState } from '../state.ts';
import { decodeKey, keyName } from './decode-key.ts';
import { decodeValue } from './decode-value.ts';
import { type TopicFinding, type TopicFindingCode, topicFinding } from './findings.ts';
import type { TopicRecord } from './topic-record.ts';

export interface ReducedTopic {
  readonly state: RegistryState;
  /** In order of offsets, those of the whole last; of one code no more than `FINDINGS_KEPT`. */
  readonly findings: readonly TopicFinding[];
  /** How many there are, by code. */
  readonly findingCounts: ReadonlyMap<TopicFindingCode, number>;
  readonly records: number;
  /** By keytype; `unreadable` for keys that say none. */
  readonly counts: ReadonlyMap<string, number>;
  readonly tombstones: number;
  /** The key bytes last seen, by `keyName`: what is written to this topic again must have these. */
  readonly keys: ReadonlyMap<string, Buffer>;
  /** Other spellings of the same keys that hold a value still. */
  readonly twins: ReadonlyMap<string, readonly Buffer[]>;
}

export interface ReduceOptions {
  /**
   * An empty value is a deletion in a topic of Karapace, and nothing in one of Confluent. `auto` takes a topic for Karapace's
   * when its keys are spelt as only Karapace spells them.
   */
  readonly emptyValues?: 'auto' | 'skip' | 'tombstone';
}

export const FINDINGS_KEPT = 1000;

interface KeySpelling {
  readonly bytes: Buffer;
  holdsValue: boolean;
}

/** Reads a topic from its beginning; records may go on coming, `reduced` is what there is so far. */
export class TopicReducer {
  readonly state: RegistryState = createState();
  #emptyValues: 'auto' | 'skip' | 'tombstone';
  #records = 0;
  #tombstones = 0;
  readonly #counts = new Map<string, number>();
  readonly #findings: TopicFinding[] = [];
  readonly #findingCounts = new Map<TopicFindingCode, number>();
  readonly #spellings = new Map<string, KeySpelling[]>();
  /** Where a row is that its key does not name. */
  readonly #elsewhere = new Map<string, { readonly subject: string; readonly version: number }>();
  /** Offset of the record that a row is from, by key name. */
  readonly #offsets = new Map<string, bigint>();

  constructor(options: ReduceOptions = {}) {
    this.#emptyValues = options.emptyValues ?? 'auto';
  }

  /** @returns whether the record is a good one, which a copy of the topic should have. */
  add(record: TopicRecord): boolean {
    this.#records++;
    const decoded = decodeKey(record);
    if (decoded.kind === 'noop') {
      this.#count('NOOP');
      return true;
    }
    for (const finding of decoded.findings) this.#note(finding);
    if (decoded.kind === 'unreadable') {
      this.#count('unreadable');
      return false;
    }
    const { key, name } = decoded;
    this.#count(key.keytype);
    if (record.key !== null && isKarapaceKey(record.key) && this.#emptyValues === 'auto')
      this.#emptyValues = 'tombstone';
    const emptyValues = this.#emptyValues === 'auto' ? 'skip' : this.#emptyValues;
    const value = decodeValue(record, key, { emptyValues });
    for (const finding of value.findings) this.#note(finding);
    if (value.record === undefined) return false;
    this.#noteSpelling(name, record, value.record);
    if (value.record.value === null) this.#tombstones++;
    return (
      this.#apply(value.record, name, record.offset) &&
      value.findings.every(({ effect }) => effect !== 'stops' && effect !== 'lost')
    );
  }

  /** A stretch that could not be read at all. */
  addDamage(firstOffset: bigint, detail: string): void {
    this.#note(topicFinding('RECORD_DAMAGED', { offset: firstOffset, detail }));
  }

  reduced(): ReducedTopic {
    const findings = [...this.#findings];
    const findingCounts = new Map(this.#findingCounts);
    const twins = this.#twins();
    const add = (finding: TopicFinding): void => {
      const count = findingCounts.get(finding.code) ?? 0;
      findingCounts.set(finding.code, count + 1);
      if (count < FINDINGS_KEPT) findings.push(finding);
    };
    for (const name of twins.keys()) add(topicFinding('TWIN_KEYS', { detail: name }));
    for (const finding of this.#referenceFindings()) add(finding);
    for (const finding of this.#idFindings()) add(finding);
    return {
      state: this.state,
      findings,
      findingCounts,
      records: this.#records,
      counts: new Map(this.#counts),
      tombstones: this.#tombstones,
      keys: new Map([...this.#spellings].flatMap(([name, all]) => all.slice(-1).map(({ bytes }) => [name, bytes]))),
      twins,
    };
  }

  /** @returns whether a registry takes it. */
  #apply(record: RegistryRecord, name: string, offset: bigint): boolean {
    if (!isSchema(record)) {
      applyRecord(this.state, record);
      return true;
    }
    const held = this.#elsewhere.get(name);
    if (record.value === null) {
      const key = held === undefined ? record.key : { ...record.key, ...held };
      applyRecord(this.state, { ...record, key });
      this.#elsewhere.delete(name);
      this.#offsets.delete(name);
      return true;
    }
    if (this.#isDuplicate(record, offset)) return false;
    const { subject, version, schema } = record.value;
    const before = findRow(this.state, canonicalSubject(subject), version);
    if (before !== undefined && before.schema !== schema) {
      this.#note(topicFinding('ROW_REPLACED', { offset, subject, version, id: before.id }));
    }
    const isMoved = held !== undefined && (held.subject !== subject || held.version !== version);
    if (isMoved) applyRecord(this.state, { key: { ...record.key, ...held }, value: null });
    applyRecord(this.state, record);
    if (keyName({ ...record.key, subject, version }) === name) this.#elsewhere.delete(name);
    else this.#elsewhere.set(name, { subject, version });
    this.#offsets.set(keyName({ ...record.key, subject, version }), offset);
    return true;
  }

  /** The first of two texts under one id stays, of one row too; only texts are compared, whoever has the id (observed). */
  #isDuplicate({ value }: SchemaRecord, offset: bigint): boolean {
    if (value === null) return false;
    const subject = canonicalSubject(value.subject);
    const bound = rowOfId(this.state, contextOf(subject), value.id, '');
    if (bound === undefined || bound.schema === value.schema) return false;
    const detail = `id ${value.id} is that of ${bound.subject} version ${bound.version}`;
    this.#note(topicFinding('DUPLICATE_ID', { offset, subject, version: value.version, id: value.id, detail }));
    return true;
  }

  #noteSpelling(name: string, { key }: TopicRecord, { value }: RegistryRecord): void {
    if (key === null) return;
    const all = this.#spellings.get(name) ?? [];
    const known = all.findIndex(({ bytes }) => bytes.equals(key));
    if (known >= 0) all.splice(known, 1);
    all.push({ bytes: key, holdsValue: value !== null });
    this.#spellings.set(name, all);
  }

  #twins(): ReadonlyMap<string, readonly Buffer[]> {
    const twins = new Map<string, readonly Buffer[]>();
    for (const [name, all] of this.#spellings) {
      if (all.length < 2) continue;
      const others = all.slice(0, -1).filter(({ holdsValue }) => holdsValue);
      if (others.length > 0)
        twins.set(
          name,
          others.map(({ bytes }) => bytes),
        );
    }
    return twins;
  }

  *#referenceFindings(): Generator<TopicFinding> {
    for (const { rows } of this.state.subjects.values()) {
      for (const { subject, version, id, references } of rows) {
        for (const reference of references) {
          const target = referencedSubject(subject, reference.subject);
          const place = { subject, version, id, detail: `${target} version ${reference.version}` };
          if (findRow(this.state, target, reference.version) === undefined) {
            yield topicFinding('REFERENCE_MISSING', place);
            continue;
          }
          const own = this.#offsetOf(subject, version);
          const its = this.#offsetOf(target, reference.version);
          if (own !== undefined && its !== undefined && its > own) yield topicFinding('REFERENCE_LATER', place);
        }
      }
    }
  }

  #offsetOf(subject: string, version: number): bigint | undefined {
    return this.#offsets.get(keyName({ keytype: 'SCHEMA', subject, version }));
  }

  *#idFindings(): Generator<TopicFinding> {
    const highest = new Map<string, number>();
    for (const { context, rows } of this.state.subjects.values()) {
      for (const { id } of rows) highest.set(context, Math.max(highest.get(context) ?? 0, id));
    }
    for (const [context, { lastId }] of this.state.ids) {
      const present = highest.get(context) ?? 0;
      if (lastId > present)
        yield topicFinding('ID_REUSE', {
          id: lastId,
          detail: `context ${context}: ids up to ${lastId} were given, the highest that is left is ${present}`,
        });
    }
  }

  #count(keytype: string): void {
    this.#counts.set(keytype, (this.#counts.get(keytype) ?? 0) + 1);
  }

  #note(finding: TopicFinding): void {
    const count = this.#findingCounts.get(finding.code) ?? 0;
    this.#findingCounts.set(finding.code, count + 1);
    if (count < FINDINGS_KEPT) this.#findings.push(finding);
  }
}

export function reduceTopic(records: Iterable<TopicRecord>, options: ReduceOptions = {}): ReducedTopic {
  const reducer = new TopicReducer(options);
  for (const record of records) reducer.add(record);
  return reducer.reduced();
}

function isSchema(record: RegistryRecord): record is SchemaRecord {
  return record.key.keytype === 'SCHEMA';
}

/** Karapace's older order of fields, or its spelling of the global level. */
function isKarapaceKey(key: Buffer): boolean {
  const text = key.toString('latin1');
  return /^\{\s*"subject"/.test(text) || /"subject"\s*:\s*null/.test(text);
}
