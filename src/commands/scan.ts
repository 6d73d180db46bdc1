import { existsSync } from 'node:fs';
import { Args, Flags } from '@oclif/core';
import type { RuleChoice } from '../app/records/choose-rules.ts';
import { type ScanResult, scanRecords } from '../app/records/scan/scan-records.ts';
import { absoluteFile, RecordsCommand, recordFlags } from '../cli/records-command.ts';
import { EXIT } from '../errors.ts';
import { renderScanReport } from '../render/scan-report.ts';

export default class Scan extends RecordsCommand {
  static override summary = 'Count the schema ids in Kafka records, and tell which the target lacks.';
  static override description =
    `Reads a backup, a broker's own log files or a live topic, and lists every schema id in keys, values \
and headers with its topic, count and places. Ids are held against the tree, and against an id map where one is named: \
what would stop a replay is found before it. Nothing is written.

Exit code 1 when a schema is missing, or 3 with --detailed-exitcode.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> kbak:/backups/nightly',
    "<%= config.bin %> <%= command.id %> kbak:s3://backups/prod --to-registry dr --topics 'orders-*'",
    '<%= config.bin %> <%= command.id %> kafka-log:/var/lib/kafka/data --since 2026-11-01',
    '<%= config.bin %> <%= command.id %> kafka:prod --json',
  ];

  static override args = {
    source: Args.string({ description: 'What to read; the same as --from. Default kbak:storage.' }),
  };

  static override flags = {
    ...recordFlags,
    'detailed-exitcode': Flags.boolean({ description: 'Exit with 3 when a schema is missing.' }),
  };

  async run(): Promise<ScanResult & { readonly map?: string }> {
    const { args, flags } = await this.parse(Scan);
    const location = this.sourceOf(args.source, flags);
    const work = await this.recordWork(flags, location, { registry: false, map: mapOf(flags), counts: true });
    const { source, chosen, selection, window } = work;
    try {
      const map = chosen.map?.file;
      const result = await scanRecords({
        source,
        rules: chosen.rules,
        selection,
        window,
        skipDamaged: flags['skip-damaged'],
        ...(flags.parallel === undefined ? {} : { concurrency: flags.parallel }),
        signal: this.signal,
        onProgress: this.onProgress,
      });
      if (map === undefined && chosen.subjects === undefined) this.caution(nothingKnown(work.config.tree));
      this.say(renderScanReport(result, map));
      if (!result.covered) process.exitCode = flags['detailed-exitcode'] ? EXIT.differences : EXIT.failed;
      return { ...result, ...(map === undefined ? {} : { map }) };
    } finally {
      await source.close();
    }
  }
}

function mapOf(flags: {
  readonly map?: string | undefined;
  readonly 'to-registry'?: string | undefined;
}): RuleChoice['map'] {
  if (flags.map !== undefined) return { kind: 'file', file: absoluteFile(flags.map) };
  const registry = flags['to-registry'];
  return registry === undefined ? { kind: 'none' } : { kind: 'registry', registry };
}

function nothingKnown(tree: string): string {
  const why = existsSync(tree) ? 'the tree is empty' : `there is no tree at ${tree}`;
  return `${why} and no id map was named: what begins like a frame may be anything`;
}
