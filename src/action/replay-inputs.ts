/** Inputs of a replay, named as the flags of `srgit replay`. What else that can do is left to the command line. */
import { resolve } from 'node:path';
import { parseShard, type Shard } from '../app/records/lanes.ts';
import { parseTime, type RecordWindow } from '../app/records/record-window.ts';
import { parseBytes } from '../app/records/replay/rate-limit.ts';
import { contextName, parseFraming, type TopicFraming, topicMapping } from '../config/record-settings.ts';
import type { UnknownPolicy } from '../records/frame-rules.ts';
import { choice, flag, lines, number, text, usage } from './input-values.ts';

export interface ReplayInputs {
  /** Globs over topics. */
  readonly topics?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly window: RecordWindow;
  readonly skipDamaged: boolean;
  /** Absolute path of an id map. */
  readonly map?: string | undefined;
  readonly toRegistry?: string | undefined;
  readonly noMap: boolean;
  readonly withSchemas: boolean;
  readonly toContext?: string | undefined;
  readonly onUnknown?: UnknownPolicy | undefined;
  readonly scan: boolean;
  readonly dryRun: boolean;
  readonly framing: readonly TopicFraming[];
  readonly contexts: readonly { readonly topics: string; readonly context: string }[];
  readonly rename?: readonly { readonly from: string; readonly to: string }[] | undefined;
  readonly createTopics: boolean;
  readonly replicationFactor?: number | undefined;
  readonly restoreGroups: boolean;
  readonly intoExisting: boolean;
  readonly trackingHeaders: boolean;
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd' | undefined;
  readonly toBackupId?: string | undefined;
  readonly shard?: Shard | undefined;
  /** Partitions at the same time. */
  readonly parallel?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
}

/**
 * @param cwd folder that relative paths start at.
 * @throws SrgitError SRGIT_USAGE that names the input.
 */
export function readReplayInputs(cwd: string): ReplayInputs {
  const map = text('map');
  const noMap = flag('no-map') ?? false;
  const withSchemas = flag('with-schemas') ?? false;
  refuseTogether({ map: map !== undefined, 'no-map': noMap, 'with-schemas': withSchemas });
  refuseTogether({ 'to-registry': text('to-registry') !== undefined, 'no-map': noMap, 'with-schemas': withSchemas });
  refuseTogether({ map: map !== undefined, 'to-registry': text('to-registry') !== undefined });
  const dryRun = flag('dry-run') ?? false;
  refuseTogether({ 'dry-run': dryRun, 'with-schemas': withSchemas });
  const [since, until, shard, rate] = [text('since'), text('until'), text('shard'), text('rate-limit')];
  const toContext = text('to-context');
  return {
    topics: lines('topics'),
    exclude: lines('exclude'),
    window: {
      ...(since === undefined ? {} : { since: parseTime(since, 'since') }),
      ...(until === undefined ? {} : { until: parseTime(until, 'until') }),
    },
    skipDamaged: flag('skip-damaged') ?? false,
    map: map === undefined ? undefined : resolve(cwd, map),
    toRegistry: text('to-registry'),
    noMap,
    withSchemas,
    toContext: toContext === undefined ? undefined : contextName(toContext, 'SRGIT_USAGE'),
    onUnknown: choice('on-unknown', ['fail', 'pass', 'dead-letter', 'skip'] as const),
    scan: !(flag('no-scan') ?? false),
    dryRun,
    framing: (lines('framing') ?? []).map(parseFraming),
    contexts: pairs('context', 'orders-*=staging').map(([topics, name]) => ({
      topics,
      context: contextName(name, 'SRGIT_USAGE'),
    })),
    rename: renames(),
    createTopics: flag('create-topics') ?? false,
    replicationFactor: number('replication-factor', 1, 32_767),
    restoreGroups: flag('restore-groups') ?? false,
    intoExisting: flag('into-existing') ?? false,
    trackingHeaders: flag('tracking-headers') ?? false,
    compression: choice('compression', ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const),
    toBackupId: text('to-backup-id'),
    shard: shard === undefined ? undefined : parseShard(shard),
    parallel: number('parallel', 1, 64),
    bytesPerSecond: rate === undefined ? undefined : parseBytes(rate, 'rate-limit'),
  };
}

function renames(): ReplayInputs['rename'] {
  const found = pairs('rename', '*=eu-*').map(([from, to]) => topicMapping(from, to, 'SRGIT_USAGE'));
  return found.length === 0 ? undefined : found;
}

/** `LEFT=RIGHT`, one a line. */
function pairs(name: 'context' | 'rename', example: string): readonly (readonly [string, string])[] {
  return (lines(name) ?? []).map((line) => {
    const at = name === 'context' ? line.lastIndexOf('=') : line.indexOf('=');
    if (at > 0 && at < line.length - 1) return [line.slice(0, at), line.slice(at + 1)];
    throw usage(`${name}: ${JSON.stringify(line)} is not LEFT=RIGHT`, `For example ${example}; one a line.`);
  });
}

function refuseTogether(given: Readonly<Record<string, boolean>>): void {
  const names = Object.keys(given).filter((name) => given[name]);
  if (names.length < 2) return;
  throw usage(`${names.join(' and ')} exclude each other`, 'Leave one of them out.');
}
