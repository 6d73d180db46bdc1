/** `manifest.json` of a backup: what of it is read, checked by hand so that an error names the place. Unknown keys are left alone. */
import { SrgitError } from '../errors.ts';

export interface ManifestSegment {
  readonly key: string;
  readonly start_offset: number;
  /** Inclusive. */
  readonly end_offset: number;
  /** Of the first record as the tool writes it; the least one when `srgit_exact_timestamps` is set. */
  readonly start_timestamp: number;
  readonly end_timestamp: number;
  readonly record_count: number;
  readonly uncompressed_size?: number;
  /** Bytes of the file. */
  readonly compressed_size?: number;
  readonly sha256?: string;
  readonly uploaded_at?: number;
  /** Ours: the timestamps are the least and the greatest. */
  readonly srgit_exact_timestamps?: boolean;
}

/** Offsets that the backup says it lacks, inclusive, and why. */
export interface MissingRange {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly reason: string;
}

export interface ManifestPartition {
  readonly partition_id: number;
  readonly segments: readonly ManifestSegment[];
  readonly missing: readonly MissingRange[];
  /** Ours: all before it was read, though there may be no record right before it. */
  readonly nextOffset?: number;
  /** The partition as it is in the file, for whoever writes it again. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface ManifestTopic {
  readonly name: string;
  /** Ours: the cluster's id of the topic that the records are of. */
  readonly topicId?: string;
  readonly original_partition_count?: number;
  readonly source_replication_factor?: number;
  readonly configurations?: Readonly<Record<string, string>>;
  readonly partitions: readonly ManifestPartition[];
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Manifest {
  readonly backup_id: string;
  /** Milliseconds since 1970. */
  readonly created_at: number;
  readonly isolation_level?: string;
  readonly source_cluster_id?: string;
  readonly topics: readonly ManifestTopic[];
  /** Ours: hash of the id map that the records were rewritten by. */
  readonly rewrittenBy?: string;
  /** Ours: the run that wrote it had not come to its end. */
  readonly unfinished: boolean;
  readonly json: Readonly<Record<string, unknown>>;
}

/** @throws SrgitError SRGIT_ARCHIVE_INVALID that names `place` and the path in the JSON */
export function parseManifest(bytes: Buffer, place: string): Manifest {
  return readManifest(new Place(place), parseJson(bytes, place));
}

/** @throws SrgitError SRGIT_ARCHIVE_INVALID */
export function parseJson(bytes: Buffer, place: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SrgitError('SRGIT_ARCHIVE_INVALID', `${place} is no JSON: ${reason.slice(0, 200)}`, {
      hint: 'The file is damaged or was cut off: take another copy of it.',
      cause: error,
    });
  }
}

function readManifest(place: Place, value: unknown): Manifest {
  const json = place.object(value, '');
  const isolation = json['isolation_level'];
  const own = json['srgit'];
  const rewrittenBy = isRecord(own) ? own['rewritten_by'] : undefined;
  const clusterId = json['source_cluster_id'];
  const topics = place.list(json['topics'], 'topics').map((topic, i) => readTopic(place, topic, `topics[${i}]`));
  const names = new Set<string>();
  for (const { name } of topics) {
    if (names.has(name)) place.fail('topics', `names ${name} twice`);
    names.add(name);
  }
  return {
    backup_id: place.text(json['backup_id'], 'backup_id'),
    created_at: place.number(json['created_at'], 'created_at'),
    ...(typeof isolation === 'string' ? { isolation_level: isolation } : {}),
    topics,
    ...(typeof clusterId === 'string' ? { source_cluster_id: clusterId } : {}),
    ...(typeof rewrittenBy === 'string' ? { rewrittenBy } : {}),
    unfinished: isRecord(own) && own['unfinished'] === true,
    json,
  };
}

function readTopic(place: Place, value: unknown, path: string): ManifestTopic {
  const json = place.object(value, path);
  const name = place.text(json['name'], `${path}.name`);
  if (name === '' || name.length > 249) place.fail(`${path}.name`, 'is no topic name');
  const count = json['original_partition_count'] ?? undefined;
  const replication = json['source_replication_factor'] ?? undefined;
  const configurations = json['configurations'] ?? undefined;
  const topicId = json['srgit_topic_id'];
  const partitions = place
    .list(json['partitions'], `${path}.partitions`)
    .map((partition, i) => readPartition(place, partition, `${path}.partitions[${i}]`));
  const ids = new Set<number>();
  for (const { partition_id } of partitions) {
    if (ids.has(partition_id)) place.fail(`${path}.partitions`, `names partition ${partition_id} twice`);
    ids.add(partition_id);
  }
  return {
    name,
    ...(typeof topicId === 'string' ? { topicId } : {}),
    ...(count === undefined
      ? {}
      : { original_partition_count: place.integer(count, `${path}.original_partition_count`, MOST_PARTITIONS) }),
    ...(replication === undefined
      ? {}
      : { source_replication_factor: place.integer(replication, `${path}.source_replication_factor`, 0x7fff) }),
    ...(configurations === undefined ? {} : { configurations: place.texts(configurations, `${path}.configurations`) }),
    partitions,
    json,
  };
}

function readPartition(place: Place, value: unknown, path: string): ManifestPartition {
  const json = place.object(value, path);
  const segments = place
    .list(json['segments'], `${path}.segments`)
    .map((segment, i) => readSegment(place, segment, `${path}.segments[${i}]`));
  const gaps = place.list(json['gaps'] ?? [], `${path}.gaps`).map((gap, i) => {
    return readRange(place, gap, `${path}.gaps[${i}]`, 1);
  });
  const pruned = place.list(json['pruned'] ?? [], `${path}.pruned`).map((range, i) => {
    return readRange(place, range, `${path}.pruned[${i}]`, 0);
  });
  const next = json['srgit_next_offset'] ?? undefined;
  return {
    partition_id: place.integer(json['partition_id'], `${path}.partition_id`, MOST_PARTITIONS),
    segments,
    ...(next === undefined ? {} : { nextOffset: place.integer(next, `${path}.srgit_next_offset`) }),
    missing: [...gaps, ...pruned].sort((a, b) => a.firstOffset - b.firstOffset),
    json,
  };
}

/** `gaps` end before their end offset, `pruned` ranges with it. */
function readRange(place: Place, value: unknown, path: string, beyond: number): MissingRange {
  const json = place.object(value, path);
  const reason = json['reason'];
  return {
    firstOffset: place.integer(json['start_offset'], `${path}.start_offset`),
    lastOffset: place.integer(json['end_offset'], `${path}.end_offset`) - beyond,
    reason: typeof reason === 'string' ? reason : 'unknown',
  };
}

function readSegment(place: Place, value: unknown, path: string): ManifestSegment {
  const json = place.object(value, path);
  const { uncompressed_size, compressed_size, sha256, uploaded_at } = json;
  const segment = {
    key: place.text(json['key'], `${path}.key`),
    start_offset: place.integer(json['start_offset'], `${path}.start_offset`),
    end_offset: place.integer(json['end_offset'], `${path}.end_offset`),
    start_timestamp: place.number(json['start_timestamp'], `${path}.start_timestamp`),
    end_timestamp: place.number(json['end_timestamp'], `${path}.end_timestamp`),
    record_count: place.integer(json['record_count'], `${path}.record_count`),
    ...(typeof uncompressed_size === 'number' ? { uncompressed_size } : {}),
    ...(typeof compressed_size === 'number' ? { compressed_size } : {}),
    ...(typeof sha256 === 'string' ? { sha256 } : {}),
    ...(typeof uploaded_at === 'number' ? { uploaded_at } : {}),
    ...(json['srgit_exact_timestamps'] === true ? { srgit_exact_timestamps: true } : {}),
  };
  if (segment.key === '') place.fail(`${path}.key`, 'is empty');
  if (segment.end_offset < segment.start_offset) place.fail(`${path}.end_offset`, 'is less than start_offset');
  return segment;
}

/** A broker allows far fewer; this keeps a wrong number from making a list of that length. */
const MOST_PARTITIONS = 1_000_000;

/** Hand checks that name where in which file. */
class Place {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  fail(path: string, what: string): never {
    throw new SrgitError('SRGIT_ARCHIVE_INVALID', `${this.file}: ${path === '' ? 'the whole' : path} ${what}`, {
      hint: 'The manifest is damaged, or was not written by the backup tool.',
      details: { path },
    });
  }

  object(value: unknown, path: string): Readonly<Record<string, unknown>> {
    return isRecord(value) ? value : this.fail(path, `should be an object and is ${nameOf(value)}`);
  }

  list(value: unknown, path: string): readonly unknown[] {
    return Array.isArray(value) ? value : this.fail(path, `should be a list and is ${nameOf(value)}`);
  }

  text(value: unknown, path: string): string {
    return typeof value === 'string' ? value : this.fail(path, `should be text and is ${nameOf(value)}`);
  }

  number(value: unknown, path: string): number {
    return typeof value === 'number' ? value : this.fail(path, `should be a number and is ${nameOf(value)}`);
  }

  /** From 0 on. */
  integer(value: unknown, path: string, most = Number.MAX_SAFE_INTEGER): number {
    const number = this.number(value, path);
    if (Number.isSafeInteger(number) && number >= 0 && number <= most) return number;
    return this.fail(path, `should be an integer from 0 to ${most} and is ${number}`);
  }

  texts(value: unknown, path: string): Readonly<Record<string, string>> {
    const object = this.object(value, path);
    for (const [key, text] of Object.entries(object)) this.text(text, `${path}.${key}`);
    return object as Readonly<Record<string, string>>;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return `a${typeof value === 'object' ? 'n' : ''} ${typeof value}`;
}
