import { Args, Flags, type Interfaces } from '@oclif/core';
import type { RuleChoice } from '../app/records/choose-rules.ts';
import { parsePartitionMapping, parseShard } from '../app/records/lanes.ts';
import { parseLocation, type RecordLocation } from '../app/records/location.ts';
import { createSink, openCluster } from '../app/records/open-records.ts';
import { followRecords } from '../app/records/replay/follow-records.ts';
import { parseBytes } from '../app/records/replay/rate-limit.ts';
import { type ReplayOptions, type ReplayResult, replayRecords } from '../app/records/replay/replay-records.ts';
import { restoreFirst } from '../app/records/replay/restore-first.ts';
import { registryFlags } from '../cli/base-command.ts';
import { absoluteFile, RecordsCommand, type RecordWork, recordFlags } from '../cli/records-command.ts';
import { topicMapping } from '../config/record-settings.ts';
import type { RegistrySettings } from '../config/types.ts';
import { SrgitError } from '../errors.ts';
import { plural } from '../render/export-report.ts';
import { renderReplayReport } from '../render/replay-report.ts';

export default class Replay extends RecordsCommand {
  static override summary =
    'Write records of a backup into Kafka or another archive, with the target registry’s schema ids.';
  static override description =
    `Reads everything once to see that the target has every schema, checks that its ids are the same schemas, and \
only then writes: keys, values, headers, timestamps and partitions as they were, with the ids of the map in place. Into \
Kafka each record comes exactly once, also when the replay is killed and started again: positions are committed with the \
records, to the consumer group srgit-replay-<backup>-<map>.

--follow mirrors a live cluster: each look goes on where the last one was committed, also after a kill. A record whose \
schema the map lacks ends it there; restore the schema, and start it again.

Exit code 1 when a schema is missing; nothing is written then.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> kbak:/backups/nightly --to kafka:dr --registry dr --create-topics',
    '<%= config.bin %> <%= command.id %> kbak:/backups/nightly --to kafka:dr --registry dr --with-schemas',
    '<%= config.bin %> <%= command.id %> kbak:/backups/nightly --to kbak:/backups/rewritten --map map.json --offline',
    "<%= config.bin %> <%= command.id %> kbak:storage --to kafka:dr --registry dr -t 'orders-*' --rename '*=eu-*'",
    '<%= config.bin %> <%= command.id %> kafka-log:/snapshot --to kafka:dr --no-map --shard 2/8',
    '<%= config.bin %> <%= command.id %> kafka:prod --to kafka:dr --registry dr --create-topics --follow',
  ];

  static override args = {
    source: Args.string({ description: 'What to read; the same as --from. Default kbak:storage.' }),
  };

  static override flags = {
    ...recordFlags,
    to: Flags.string({
      description: 'kafka:NAME, kafka:HOST:PORT, kbak:DIR, kbak:s3://BUCKET/PREFIX or kcat:FILE.',
      helpValue: 'TARGET',
      required: true,
    }),
    'to-backup-id': Flags.string({
      description: 'Of the archive that is written; default tells the source.',
      helpValue: 'ID',
      helpGroup: 'TARGET',
    }),
    compression: Flags.option({
      options: ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const,
      description:
        'Of batches that are made anew, and of an archive (none, zstd, lz4); default none, of an archive zstd.',
      helpGroup: 'TARGET',
    })(),
    'create-topics': Flags.boolean({
      description: 'Create missing topics as the source has them; retention is off until all is written.',
      helpGroup: 'TARGET',
    }),
    'replication-factor': Flags.integer({ min: 1, description: 'Of created topics.', helpGroup: 'TARGET' }),
    'restore-groups': Flags.boolean({
      description: 'Commit offsets of consumer groups, translated to the target.',
      helpGroup: 'TARGET',
    }),
    'into-existing': Flags.boolean({
      description: 'Add to topics that have other records already.',
      helpGroup: 'TARGET',
    }),
    'at-least-once': Flags.boolean({
      description: 'Without transactions; positions are kept in a file.',
      helpGroup: 'TARGET',
    }),
    checkpoint: Flags.string({
      description: 'That file; default srgit-replay.json.',
      dependsOn: ['at-least-once'],
      helpValue: 'FILE',
      helpGroup: 'TARGET',
    }),
    rename: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'Write a topic under another name: exact, or with one * on both sides.',
      helpValue: 'FROM=TO',
      helpGroup: 'RECORDS',
    }),
    'map-partition': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'Write a partition to another one: orders:3=0.',
      helpValue: 'RULE',
      helpGroup: 'RECORDS',
    }),
    'tracking-headers': Flags.boolean({
      description: 'Add x-original-offset, x-original-timestamp and x-source-partition.',
      helpGroup: 'RECORDS',
    }),
    'drop-tracking-headers': Flags.boolean({
      description: 'Take away those that records have.',
      helpGroup: 'RECORDS',
    }),
    'no-map': Flags.boolean({
      description: 'Keep the ids as they are.',
      exclusive: ['map', 'to-registry'],
      helpGroup: 'IDS',
    }),
    'with-schemas': Flags.boolean({
      description: 'Restore the schemas of the tree into the registry first, and take the id map that this leaves.',
      exclusive: ['map', 'no-map', 'offline', 'dry-run'],
      helpGroup: 'IDS',
    }),
    'on-unknown': Flags.option({
      options: ['fail', 'pass', 'dead-letter', 'skip'] as const,
      description: 'What becomes of records whose schema the target lacks; default fail, before anything is written.',
      helpGroup: 'IDS',
    })(),
    'no-scan': Flags.boolean({ description: 'Write without reading everything before.', helpGroup: 'IDS' }),
    offline: Flags.boolean({ description: 'Do not ask the target registry for its ids.', helpGroup: 'IDS' }),
    'dry-run': Flags.boolean({ description: 'Only scan and check.' }),
    follow: Flags.boolean({
      description: 'Go on with what comes to the source until interrupted, without a scan before: a live mirror.',
      exclusive: ['dry-run', 'restore-groups', 'offsets', 'until'],
    }),
    interval: Flags.integer({
      min: 1,
      default: 1,
      description: 'With --follow: seconds from one look to the next.',
      helpValue: 'SECONDS',
    }),
    shard: Flags.string({
      description: 'Only this share of the partitions: 2/8.',
      helpValue: 'N/OF',
      helpGroup: 'SPEED',
    }),
    'rate-limit': Flags.string({ description: 'Bytes a second: 50MB/s.', helpValue: 'RATE', helpGroup: 'SPEED' }),
    'max-inflight': Flags.string({
      description: 'Bytes that are ready or on their way; default 32MiB.',
      helpValue: 'BYTES',
      helpGroup: 'SPEED',
    }),
    'commit-size': Flags.string({
      description: 'Bytes of a transaction; default 32MiB, or five seconds.',
      helpValue: 'BYTES',
      helpGroup: 'SPEED',
    }),
    ...registryFlags,
  };

  async run(): Promise<ReplayResult> {
    const { args, flags } = await this.parse(Replay);
    const location = this.sourceOf(args.source, flags);
    const to = parseLocation(flags.to, 'to', process.cwd());
    if (to.kind === 'archive' && flags.shard !== undefined) {
      throw new SrgitError('SRGIT_USAGE', 'an archive cannot be written in shards', { hint: 'Leave out --shard.' });
    }
    const asksRegistry = !flags.offline && !flags['no-map'];
    const registry = asksRegistry ? this.recordConfig(flags, [], true).registry : undefined;
    const map = flags['with-schemas'] ? await this.#restoreFirst(flags) : mapOf(flags, registry);
    const work = await this.recordWork(flags, location, { locations: [to], registry: false, map });
    const { target, close } = await this.#target(to, work, flags);
    try {
      const options = {
        ...this.#how(flags, work),
        registry: registry ?? { skip: flags.offline ? '--offline' : 'no registry is configured' },
        target,
      };
      const result = flags.follow
        ? await followRecords({ ...options, intervalMs: flags.interval * 1000 })
        : await replayRecords(options);
      this.say(renderReplayReport(result));
      return result;
    } finally {
      await work.source.close();
      await close();
    }
  }

  async #restoreFirst(flags: ReplayFlags & Parameters<Replay['recordConfig']>[0]): Promise<RuleChoice['map']> {
    // Flags of the same name are about topics.
    const { exclude: _exclude, ...rest } = flags;
    const config = this.settings(rest, { registry: true, restore: true });
    const registry = this.registryOf(config);
    const { map, written } = await restoreFirst({
      config,
      registry,
      ref: flags.ref,
      env: process.env,
      now: Date.now,
      signal: this.signal,
      onProgress: this.onProgress,
      onWarning: (text) => this.caution(text),
    });
    this.say(
      `Schemas first: ${written === 0 ? 'the registry has them' : `${plural(written, 'write')} to the registry`}.`,
    );
    return { kind: 'file', file: map };
  }

  #how(
    flags: ReplayFlags,
    { source, chosen, selection, window, settings }: RecordWork,
  ): Omit<ReplayOptions, 'registry' | 'target'> {
    return {
      source,
      rules: chosen.rules,
      map: chosen.map,
      selection,
      window,
      topicMapping: flags.rename?.map(parseRename) ?? settings.topicMapping,
      partitionMapping: flags['map-partition']?.map(parsePartitionMapping),
      shard: flags.shard === undefined ? undefined : parseShard(flags.shard),
      headers: { add: flags['tracking-headers'], drop: flags['drop-tracking-headers'] },
      onUnknown: flags['on-unknown'] ?? settings.onUnknown ?? 'fail',
      scan: !flags['no-scan'],
      dryRun: flags['dry-run'],
      read: { skipDamaged: flags['skip-damaged'] },
      concurrency: flags.parallel,
      bytesPerSecond: bytesOf(flags['rate-limit'], 'rate-limit'),
      now: Date.now,
      signal: this.signal,
      onProgress: this.onProgress,
      onWarning: (text) => this.caution(text),
    };
  }

  async #target(
    to: RecordLocation,
    { open, source }: RecordWork,
    flags: ReplayFlags,
  ): Promise<{ target: ReplayOptions['target']; close: () => Promise<void> }> {
    if (to.kind === 'archive') {
      const { compression } = flags;
      if (compression === 'gzip' || compression === 'snappy') {
        throw new SrgitError('SRGIT_USAGE', `an archive has no ${compression}`, { hint: 'Choose none, zstd or lz4.' });
      }
      const create = (rewrittenBy: string | undefined) =>
        createSink(to, { ...open, backupId: flags['to-backup-id'], rewrittenBy, sourceId: source.id, compression });
      return { target: { kind: 'archive', location: flags.to, create }, close: async () => undefined };
    }
    const client = await openCluster(to.cluster, open.settings);
    const target = {
      kind: 'kafka' as const,
      location: flags.to,
      client,
      createTopics: flags['create-topics'],
      replicationFactor: flags['replication-factor'],
      restoreGroups: flags['restore-groups'],
      intoExisting: flags['into-existing'],
      checkpointFile: flags['at-least-once'] ? absoluteFile(flags.checkpoint ?? 'srgit-replay.json') : undefined,
      maxInFlightBytes: bytesOf(flags['max-inflight'], 'max-inflight'),
      commitBytes: bytesOf(flags['commit-size'], 'commit-size'),
      codec: flags.compression,
    };
    return { target, close: () => client.close() };
  }
}

type ReplayFlags = Interfaces.InferredFlags<typeof Replay.flags>;

/** The map named, or the one that a restore to the registry has left: a replay never guesses that ids may stay. */
function mapOf(flags: ReplayFlags, registry: RegistrySettings | undefined): RuleChoice['map'] {
  if (flags['no-map']) return { kind: 'none' };
  if (flags.map !== undefined) return { kind: 'file', file: absoluteFile(flags.map) };
  const name = flags['to-registry'] ?? registry?.name;
  if (name !== undefined) return { kind: 'registry', registry: name };
  throw new SrgitError('SRGIT_USAGE', 'it is not said which ids the target has', {
    hint: 'Name the registry (--registry), an id map (--map), or keep ids as they are (--no-map).',
  });
}

function parseRename(text: string): { readonly from: string; readonly to: string } {
  const at = text.indexOf('=');
  if (at > 0) return topicMapping(text.slice(0, at), text.slice(at + 1), 'SRGIT_USAGE');
  throw new SrgitError('SRGIT_USAGE', `--rename ${text} is not FROM=TO`, {
    hint: "For example --rename 'orders=restored-orders', or --rename '*=eu-*'.",
  });
}

function bytesOf(text: string | undefined, flag: string): number | undefined {
  return text === undefined ? undefined : parseBytes(text, flag);
}
