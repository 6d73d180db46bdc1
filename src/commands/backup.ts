import { Flags } from '@oclif/core';
import { type BackupResult, backupRecords } from '../app/records/backup/backup-records.ts';
import { backupSchemas } from '../app/records/backup/backup-schemas.ts';
import { openBackupTarget } from '../app/records/backup/backup-target.ts';
import { needsStorage, parseLocation } from '../app/records/location.ts';
import { openCluster } from '../app/records/open-records.ts';
import { parseBytes } from '../app/records/replay/rate-limit.ts';
import { BaseCommand, registryFlags } from '../cli/base-command.ts';
import type { Config, RegistrySettings } from '../config/types.ts';
import { SrgitError } from '../errors.ts';
import { renderBackupReport } from '../render/backup-report.ts';
import { plural } from '../render/export-report.ts';
import { megabytes } from '../render/scan-report.ts';

export default class Backup extends BaseCommand {
  static override summary = 'Write topics of a Kafka cluster into an archive; later only what is new.';
  static override description =
    `Every record as it is (key, value, headers in order, time), with the settings and partitions of its topic and the \
positions of consumer groups, in a folder or in object storage. It ends at the records that were there when it began. A run \
that was interrupted or killed is gone on with by the next one: nothing is lost, nothing comes twice. With --with-schemas, the \
registry is exported into the same backup, after the records.

Records of aborted transactions are left out unless --isolation read_uncommitted is given. A topic that was deleted and \
made anew is not mixed with the old one: all others are backed up, and the exit code is 1.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --from kafka:prod --to kbak:/backups',
    "<%= config.bin %> <%= command.id %> --from kafka:prod --to kbak:s3://backups/prod --topics 'orders-*' --with-schemas",
    '<%= config.bin %> <%= command.id %> --from kafka:prod --to kbak:storage --continuous',
  ];

  static override flags = {
    from: Flags.string({ description: 'Cluster: kafka:NAME or kafka:HOST:PORT.', helpValue: 'SOURCE', required: true }),
    to: Flags.string({
      description: 'kbak:DIR, kbak:s3://BUCKET/PREFIX or kbak:storage; default kbak:storage.',
      helpValue: 'TARGET',
    }),
    'backup-id': Flags.string({
      description: "The backup's folder in the target; default the cluster's name, or its id.",
      helpValue: 'ID',
    }),
    topics: Flags.string({
      char: 't',
      multiple: true,
      multipleNonGreedy: true,
      description: 'Only topics that match this glob; internal ones only by their full name.',
      helpValue: 'GLOB',
      helpGroup: 'RECORDS',
    }),
    exclude: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'Not the topics that match this glob.',
      helpValue: 'GLOB',
      helpGroup: 'RECORDS',
    }),
    isolation: Flags.option({
      options: ['read_committed', 'read_uncommitted'] as const,
      default: 'read_committed' as const,
      description: 'Whether records of aborted and open transactions are taken.',
      helpGroup: 'RECORDS',
    })(),
    'skip-damaged': Flags.boolean({
      description: 'Go on behind what cannot be read, and report it.',
      helpGroup: 'RECORDS',
    }),
    continuous: Flags.boolean({ description: 'Go on with what comes, until interrupted.', helpGroup: 'RECORDS' }),
    every: Flags.integer({
      default: 60,
      min: 1,
      description: 'With --continuous: seconds between two looks; each makes a segment of a partition at most.',
      helpGroup: 'RECORDS',
    }),
    'with-schemas': Flags.boolean({
      description: 'Export the registry into the same backup.',
      helpGroup: 'SCHEMAS',
    }),
    'allow-deletions': Flags.boolean({
      description: 'Though many schemas are gone since the last time.',
      dependsOn: ['with-schemas'],
      helpGroup: 'SCHEMAS',
    }),
    compression: Flags.option({
      options: ['zstd', 'lz4', 'none'] as const,
      description: 'Of the archive; default zstd.',
      helpGroup: 'ARCHIVE',
    })(),
    'segment-size': Flags.string({
      description: 'Bytes of a segment before compression; default 32MiB, and 16MiB without one.',
      helpValue: 'BYTES',
      helpGroup: 'ARCHIVE',
    }),
    'segment-seconds': Flags.integer({
      default: 60,
      min: 1,
      description: 'A segment ends after so long, though it is not full: a crash loses no more work.',
      helpGroup: 'ARCHIVE',
    }),
    'checkpoint-seconds': Flags.integer({
      default: 10,
      min: 0,
      description: 'How often the segments so far are listed, so that a later run goes on behind them.',
      helpGroup: 'ARCHIVE',
    }),
    parallel: Flags.integer({
      min: 1,
      max: 64,
      description: 'Partitions at the same time; default 4.',
      helpGroup: 'SPEED',
    }),
    'dry-run': Flags.boolean({ description: 'Only say what there is to back up.' }),
    ...registryFlags,
  };

  async run(): Promise<BackupResult> {
    const { flags } = await this.parse(Backup);
    const from = parseLocation(flags.from, 'from', process.cwd());
    const to = parseLocation(flags.to ?? 'kbak:storage', 'to', process.cwd());
    if (from.kind !== 'kafka') {
      throw new SrgitError('SRGIT_USAGE', `--from ${flags.from} is no cluster`, {
        hint: 'Give kafka:NAME. An archive is copied or rewritten with `replay --to`.',
      });
    }
    // Subjects have flags of the same name elsewhere; here these are about topics.
    const { exclude, ...rest } = flags;
    const config = this.settings(rest, {
      registry: flags['with-schemas'],
      records: { clusters: [from.cluster], storage: needsStorage(to) },
    });
    const { records } = config;
    if (records === undefined) throw new SrgitError('SRGIT_INTERNAL', 'settings of records were not loaded');
    const registry = flags['with-schemas'] ? this.registryOf(config) : undefined;
    const client = await openCluster(from.cluster, records);
    try {
      const configured = needsStorage(to) ? records.backupId : undefined;
      const backupId =
        flags['backup-id'] ?? configured ?? (await idOf(from.cluster, () => client.admin.clusterId(this.signal)));
      const size = flags['segment-size'];
      const target = await openBackupTarget(to, backupId, {
        settings: records,
        compression: flags.compression,
        segmentBytes: size === undefined ? undefined : parseBytes(size, 'segment-size'),
      });
      try {
        const result = await backupRecords({
          client,
          sink: target.sink,
          backupId,
          location: target.location,
          selection: { topics: flags.topics ?? records.backupTopics, exclude: exclude ?? records.backupExclude },
          isolation: flags.isolation,
          skipDamaged: flags['skip-damaged'],
          concurrency: flags.parallel,
          continuous: flags.continuous ? { everyMs: flags.every * 1000 } : undefined,
          segmentMs: flags['segment-seconds'] * 1000,
          checkpointMs: flags['checkpoint-seconds'] * 1000,
          dryRun: flags['dry-run'],
          schemas: registry === undefined ? undefined : this.#schemas(config, registry, target.tree, flags),
          now: Date.now,
          signal: this.signal,
          onProgress: this.onProgress,
          onWarning: (text) => this.caution(text),
          onRound: (count, bytes) => this.say(`${plural(count, 'record')} stored; ${megabytes(bytes)} by now`),
        });
        this.say(renderBackupReport(result));
        return result;
      } finally {
        await target.close();
      }
    } finally {
      await client.close();
    }
  }

  #schemas(
    config: Config,
    registry: RegistrySettings,
    place: Parameters<typeof backupSchemas>[0]['place'],
    flags: { readonly 'allow-deletions': boolean },
  ) {
    return (signal: AbortSignal | undefined) =>
      backupSchemas({
        config,
        registry,
        place,
        allowDeletions: flags['allow-deletions'],
        env: process.env,
        now: Date.now,
        signal,
        onProgress: this.onProgress,
      });
  }
}

/** A name that may be a folder's. */
async function idOf(cluster: string, clusterId: () => Promise<string>): Promise<string> {
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,248}$/.test(cluster) ? cluster : clusterId();
}
