/** What `scan` and `replay` share: the source, the rules by which ids are told, and which records are meant. */
import { resolve } from 'node:path';
import { Flags, type Interfaces } from '@oclif/core';
import { type ChosenRules, chooseRules, type RuleChoice } from '../app/records/choose-rules.ts';
import { needsStorage, parseLocation, type RecordLocation } from '../app/records/location.ts';
import { type OpenOptions, openSource } from '../app/records/open-records.ts';
import { parseOffsetRange, parseTime, type RecordWindow } from '../app/records/record-window.ts';
import type { TopicSelection } from '../app/records/select-topics.ts';
import { contextName, parseFraming, type RecordSettings } from '../config/record-settings.ts';
import type { Config } from '../config/types.ts';
import { SrgitError } from '../errors.ts';
import type { RecordSource } from '../records/record-source.ts';
import { BaseCommand, treeFlag } from './base-command.ts';

export const recordFlags = {
  from: Flags.string({
    description: 'kbak:DIR, kbak:s3://BUCKET/PREFIX, kbak:storage, kafka-log:DIR, kcat:FILE or kafka:NAME.',
    helpValue: 'SOURCE',
    helpGroup: 'SOURCE',
  }),
  'backup-id': Flags.string({
    description: 'Which backup, where there are several.',
    helpValue: 'ID',
    helpGroup: 'SOURCE',
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
  partition: Flags.integer({
    multiple: true,
    multipleNonGreedy: true,
    min: 0,
    description: 'Only this partition of each topic; may be given more than once.',
    helpGroup: 'RECORDS',
  }),
  offsets: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'Only these offsets of a partition: orders:0=100..200.',
    helpValue: 'RANGE',
    helpGroup: 'RECORDS',
  }),
  since: Flags.string({ description: 'Only records of this time and later.', helpValue: 'TIME', helpGroup: 'RECORDS' }),
  until: Flags.string({ description: 'Only records up to this time.', helpValue: 'TIME', helpGroup: 'RECORDS' }),
  'skip-damaged': Flags.boolean({
    description: 'Go on behind what cannot be read, and report it.',
    helpGroup: 'RECORDS',
  }),
  ...treeFlag,
  ref: Flags.string({ description: 'The tree as it was at this branch, tag or commit.', helpGroup: 'IDS' }),
  map: Flags.string({
    description: 'Id map: of a restore, {"1": 100}, or YAML with schema_id_mapping.',
    helpValue: 'FILE',
    helpGroup: 'IDS',
  }),
  'to-registry': Flags.string({
    description: 'Take the id map that a restore to this registry has left in the tree.',
    helpValue: 'NAME',
    exclusive: ['map'],
    helpGroup: 'IDS',
  }),
  framing: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: "What is a schema frame: TOPICS[:key|:value]=auto|confluent|none, e.g. 'orders-*:key=none'.",
    helpValue: 'RULE',
    helpGroup: 'IDS',
  }),
  context: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: "Context that topics' schemas are in: TOPICS=NAME.",
    helpValue: 'RULE',
    helpGroup: 'IDS',
  }),
  'to-context': Flags.string({
    description: 'Where the id map has ids of several contexts of the target: this one.',
    helpValue: 'NAME',
    helpGroup: 'IDS',
  }),
  parallel: Flags.integer({ min: 1, max: 64, description: 'Partitions at the same time.', helpGroup: 'SPEED' }),
};

type RecordFlags = Interfaces.InferredFlags<typeof recordFlags>;
type AnyFlags = RecordFlags & Parameters<BaseCommand['settings']>[0];

export interface RecordWork {
  readonly config: Config;
  readonly settings: RecordSettings;
  readonly source: RecordSource;
  readonly chosen: ChosenRules;
  readonly selection: TopicSelection;
  readonly window: RecordWindow;
  readonly open: OpenOptions;
}

export abstract class RecordsCommand extends BaseCommand {
  /** What is read from. @throws SrgitError SRGIT_USAGE */
  protected sourceOf(named: string | undefined, flags: { readonly from?: string | undefined }): RecordLocation {
    if (named !== undefined && flags.from !== undefined) {
      throw new SrgitError('SRGIT_USAGE', 'the source is named twice', {
        hint: 'Give it once: as argument or as --from.',
      });
    }
    return parseLocation(named ?? flags.from ?? 'kbak:storage', 'from', process.cwd());
  }

  /** Everything that is needed to read records and to tell ids. The caller closes the source. */
  protected async recordWork(
    flags: AnyFlags,
    location: RecordLocation,
    more: {
      readonly locations?: readonly RecordLocation[];
      readonly registry: boolean;
      readonly map: RuleChoice['map'];
      readonly counts?: boolean;
    },
  ): Promise<RecordWork> {
    const locations = [location, ...(more.locations ?? [])];
    const config = this.recordConfig(flags, locations, more.registry);
    const settings = recordsOf(config);
    const framing = [...(flags.framing ?? []).map(parseFraming), ...settings.framing];
    const contexts = [...(flags.context ?? []).map(parseContext), ...settings.contexts];
    const chosen = await chooseRules({
      tree: config.tree,
      ref: flags.ref,
      map: more.map,
      toContext: flags['to-context'] === undefined ? undefined : contextName(flags['to-context'], 'SRGIT_USAGE'),
      settings: { framing, contexts },
      env: process.env,
      signal: this.signal,
    });
    const open = {
      settings,
      backupId: flags['backup-id'],
      counts: more.counts,
      onWarning: (text: string) => this.caution(text),
      signal: this.signal,
    };
    return {
      config,
      settings,
      source: await openSource(location, open),
      chosen,
      selection: {
        topics: flags.topics ?? settings.topics,
        exclude: flags.exclude ?? settings.exclude,
        partitions: flags.partition,
      },
      window: {
        ...(flags.since === undefined ? {} : { since: parseTime(flags.since, 'since') }),
        ...(flags.until === undefined ? {} : { until: parseTime(flags.until, 'until') }),
        ...(flags.offsets === undefined ? {} : { offsets: flags.offsets.map(parseOffsetRange) }),
      },
      open,
    };
  }

  protected recordConfig(flags: AnyFlags, locations: readonly RecordLocation[], registry: boolean): Config {
    const clusters = locations.flatMap((place) => (place.kind === 'kafka' ? [place.cluster] : []));
    // Subjects have flags of the same name elsewhere; here these are about topics.
    const { exclude: _exclude, ...rest } = flags;
    return this.settings(rest, { registry, records: { clusters, storage: locations.some(needsStorage) } });
  }
}

function recordsOf({ records }: Config): RecordSettings {
  if (records === undefined) throw new SrgitError('SRGIT_INTERNAL', 'settings of records were not loaded');
  return records;
}

/** `orders-*=staging` */
function parseContext(text: string): { readonly topics: string; readonly context: string } {
  const at = text.lastIndexOf('=');
  if (at > 0 && at < text.length - 1) {
    return { topics: text.slice(0, at), context: contextName(text.slice(at + 1), 'SRGIT_USAGE') };
  }
  throw new SrgitError('SRGIT_USAGE', `--context ${text} is not TOPICS=NAME`, {
    hint: "For example --context 'orders-*=staging'.",
  });
}

export function absoluteFile(file: string): string {
  return resolve(file);
}
