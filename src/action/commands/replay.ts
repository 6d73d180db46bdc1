/** Records of a backup into Kafka or another archive, with the target registry's ids; of a shard, where a matrix shares the work. */
import { chooseRules, type RuleChoice } from '../../app/records/choose-rules.ts';
import { needsStorage, parseLocation, type RecordLocation } from '../../app/records/location.ts';
import { createSink, type OpenOptions, openCluster, openSource } from '../../app/records/open-records.ts';
import { type ReplayOptions, type ReplayResult, replayRecords } from '../../app/records/replay/replay-records.ts';
import { restoreFirst } from '../../app/records/replay/restore-first.ts';
import type { Config } from '../../config/types.ts';
import { SrgitError } from '../../errors.ts';
import type { RecordSource } from '../../records/record-source.ts';
import { renderReplayReport } from '../../render/replay-report.ts';
import { renderThroughput } from '../../render/throughput-plot.ts';
import { type ActionRun, configOf, registryOf } from '../action-run.ts';
import { codeBlock } from '../markdown.ts';
import { refuseKafkajs, required } from '../records.ts';
import type { ReplayInputs } from '../replay-inputs.ts';
import type { Report } from '../report.ts';

export async function runReplay(run: ActionRun): Promise<Report> {
  const { inputs, env, signal, warn } = run;
  const how = replayInputs(run);
  const from = parseLocation(inputs.from ?? 'kbak:storage', 'from', inputs.cwd);
  const location = required(inputs.to, 'to', 'kafka:dr');
  const to = parseLocation(location, 'to', inputs.cwd);
  if (to.kind === 'archive' && how.shard !== undefined) {
    throw new SrgitError('SRGIT_USAGE', 'an archive cannot be written in shards', { hint: 'Leave out shard.' });
  }
  const config = recordConfig(run, how, [from, to]);
  const settings = config.records;
  if (settings === undefined) throw new SrgitError('SRGIT_INTERNAL', 'settings of records were not loaded');
  for (const place of [from, to]) if (place.kind === 'kafka') refuseKafkajs(settings, place.cluster);

  const map = how.withSchemas ? await schemasFirst(run, config) : mapOf(how, config);
  const chosen = await chooseRules({
    tree: config.tree,
    ref: inputs.ref,
    map,
    toContext: how.toContext,
    settings: {
      framing: [...how.framing, ...settings.framing],
      contexts: [...how.contexts, ...settings.contexts],
    },
    env,
    signal,
  });
  const open: OpenOptions = { settings, backupId: inputs.backupId, onWarning: warn, signal };
  const source = await openSource(from, open);
  try {
    const { target, close } = await openTarget(to, location, { open, source, how });
    try {
      const report = reportOf(
        await replayRecords({
          source,
          target,
          rules: chosen.rules,
          map: chosen.map,
          registry: config.registry ?? { skip: inputs.offline ? 'offline' : 'no registry is configured' },
          selection: { topics: how.topics ?? settings.topics, exclude: how.exclude ?? settings.exclude },
          window: how.window,
          topicMapping: how.rename ?? settings.topicMapping,
          shard: how.shard,
          headers: { add: how.trackingHeaders, drop: false },
          onUnknown: how.onUnknown ?? settings.onUnknown ?? 'fail',
          scan: how.scan,
          dryRun: how.dryRun,
          read: { skipDamaged: how.skipDamaged },
          concurrency: how.parallel,
          bytesPerSecond: how.bytesPerSecond,
          now: Date.now,
          signal,
          onProgress: run.onProgress,
          onWarning: warn,
        }),
        how,
      );
      return map.kind === 'file' ? { ...report, idMap: map.file } : report;
    } finally {
      await close();
    }
  } finally {
    await source.close();
  }
}

function replayInputs({ inputs }: ActionRun): ReplayInputs {
  if (inputs.replay !== undefined) return inputs.replay;
  throw new SrgitError('SRGIT_INTERNAL', 'the inputs of the replay were not read');
}

function recordConfig(run: ActionRun, how: ReplayInputs, places: readonly RecordLocation[]): Config {
  const clusters = places.flatMap((place) => (place.kind === 'kafka' ? [place.cluster] : []));
  return configOf(run, {
    registry: !run.inputs.offline && !how.noMap,
    restore: how.withSchemas,
    records: { clusters, storage: places.some(needsStorage) },
  });
}

/** The map named, or the one that a restore to the registry has left: a replay never guesses that ids may stay. */
function mapOf({ noMap, map, toRegistry }: ReplayInputs, { registry }: Config): RuleChoice['map'] {
  if (noMap) return { kind: 'none' };
  if (map !== undefined) return { kind: 'file', file: map };
  const name = toRegistry ?? registry?.name;
  if (name !== undefined) return { kind: 'registry', registry: name };
  throw new SrgitError('SRGIT_USAGE', 'it is not said which ids the target has', {
    hint: 'Name the registry (registry), an id map (map), or keep ids as they are (no-map: true).',
  });
}

async function schemasFirst(run: ActionRun, config: Config): Promise<RuleChoice['map']> {
  const { inputs, env, signal, onProgress, warn } = run;
  const { map } = await restoreFirst({
    config,
    registry: registryOf(config),
    ref: inputs.ref,
    env,
    now: Date.now,
    signal,
    onProgress,
    onWarning: warn,
  });
  return { kind: 'file', file: map };
}

interface TargetNeeds {
  readonly open: OpenOptions;
  readonly source: RecordSource;
  readonly how: ReplayInputs;
}

async function openTarget(
  to: RecordLocation,
  location: string,
  { open, source, how }: TargetNeeds,
): Promise<{ readonly target: ReplayOptions['target']; readonly close: () => Promise<void> }> {
  const { compression } = how;
  if (to.kind === 'archive') {
    if (compression === 'gzip' || compression === 'snappy') {
      throw new SrgitError('SRGIT_USAGE', `an archive has no ${compression}`, { hint: 'Choose none, zstd or lz4.' });
    }
    const create = (rewrittenBy: string | undefined) =>
      createSink(to, { ...open, backupId: how.toBackupId, rewrittenBy, sourceId: source.id, compression });
    return { target: { kind: 'archive', location, create }, close: async () => undefined };
  }
  const client = await openCluster(to.cluster, open.settings);
  const target = {
    kind: 'kafka' as const,
    location,
    client,
    createTopics: how.createTopics,
    replicationFactor: how.replicationFactor,
    restoreGroups: how.restoreGroups,
    intoExisting: how.intoExisting,
    codec: compression,
  };
  return { target, close: () => client.close() };
}

function reportOf(result: ReplayResult, { shard }: ReplayInputs): Report {
  const { outcome, topics, records, bytes, lanes, samples, proof, durations } = result;
  const share = shard === undefined ? '' : `, shard ${shard.number}/${shard.of}`;
  const plot = renderThroughput(samples);
  const sum = (of: (topic: (typeof topics)[number]) => number): number =>
    topics.reduce((total, topic) => total + of(topic), 0);
  return {
    title: `${outcome === 'dry-run' ? 'Replay, not carried out, into' : 'Replay into'} ${result.target}${share}`,
    markdown: [codeBlock(renderReplayReport(result)), ...(plot === '' ? [] : [plot])].join('\n\n'),
    changed: records > 0,
    counts: {
      outcome,
      topics: topics.length,
      partitions: lanes,
      records,
      bytes,
      rewritten: sum(({ patched }) => patched),
      'taken-out': sum(({ takenOut }) => takenOut),
      'ids-checked': 'checked' in proof ? proof.checked : 0,
      seconds: Math.round((durations['replaying'] ?? 0) / 100) / 10,
    },
    annotations: [],
  };
}
