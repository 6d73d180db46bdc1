/**
 * The identity of a schema: MD5 over its content, shown as a UUID. Computed, never stored; equal in every context and
 * registry whose stored content is equal. Rule read in Confluent's source and verified against its golden file
 * (24 of 24 hashes). The schema's type is not part of it.
 */
import { createHash, type Hash, hash as hashOnce } from 'node:crypto';
import type { Metadata, Reference, Rule, RuleSet } from '../model/schema-version.ts';

type GuidReference = Pick<Reference, 'name' | 'subject'> & { readonly version?: number };

export interface GuidInput {
  readonly schema: string;
  /** A reference without a version, as an invalid request may have one, is hashed without it. */
  readonly references?: readonly GuidReference[];
  readonly metadata?: Metadata | undefined;
  readonly ruleSet?: RuleSet | undefined;
}

/** The guid in its usual form: 8-4-4-4-12 lower-case hex digits. */
export function computeGuid(input: GuidInput): string {
  const { references = [], metadata, ruleSet } = input;
  // Most rows are text alone: hashed in one call, without a native object that lives until a full collection.
  if (references.length === 0 && metadata === undefined && ruleSet === undefined) {
    return formatGuid(hashOnce('md5', asJavaBytes(input.schema)));
  }
  const hash = createHash('md5');
  hash.update(asJavaBytes(input.schema));
  for (const reference of references) {
    hash.update(asJavaBytes(reference.name)).update(asJavaBytes(reference.subject));
    if (reference.version !== undefined) hash.update(int32(reference.version));
  }
  if (metadata !== undefined) hashMetadata(hash, metadata);
  if (ruleSet !== undefined) hashRuleSet(hash, ruleSet);
  return formatGuid(hash.digest('hex'));
}

function formatGuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const ONE = Buffer.from([1]);

/** Java's `getBytes(UTF_8)` writes a lone surrogate as `?`; seen in Confluent 8.3.1's guids. */
function asJavaBytes(text: string): string {
  if (text.isWellFormed()) return text;
  return text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '?');
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

function hashMetadata(hash: Hash, metadata: Metadata): void {
  // The 0x01 makes "no metadata" and "empty metadata" different identities.
  hash.update(ONE);
  for (const [key, values] of sortedEntries(metadata.tags)) {
    hash.update(asJavaBytes(key));
    for (const value of [...values].sort()) hash.update(asJavaBytes(value));
  }
  for (const [key, value] of sortedEntries(metadata.properties))
    hash.update(asJavaBytes(key)).update(asJavaBytes(value));
  for (const name of [...(metadata.sensitive ?? [])].sort()) hash.update(asJavaBytes(name));
}

function hashRuleSet(hash: Hash, ruleSet: RuleSet): void {
  hash.update(ONE);
  for (const rules of [ruleSet.migrationRules, ruleSet.domainRules, ruleSet.encodingRules]) {
    for (const rule of rules ?? []) hashRule(hash, rule);
  }
  if (ruleSet.enableAt !== undefined) hash.update(asJavaBytes(ruleSet.enableAt));
}

function hashRule(hash: Hash, rule: Rule): void {
  for (const text of [rule.name, rule.doc, rule.kind ?? 'TRANSFORM', rule.mode ?? 'WRITEREAD', rule.type]) {
    if (text !== undefined) hash.update(asJavaBytes(text));
  }
  for (const tag of [...(rule.tags ?? [])].sort()) hash.update(asJavaBytes(tag));
  for (const [key, value] of sortedEntries(rule.params)) hash.update(asJavaBytes(key)).update(asJavaBytes(value));
  for (const text of [rule.expr, rule.onSuccess, rule.onFailure])
    if (text !== undefined) hash.update(asJavaBytes(text));
  if (rule.disabled === true) hash.update(ONE);
}

function sortedEntries<T>(record: Readonly<Record<string, T>> | undefined): [string, T][] {
  return Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
