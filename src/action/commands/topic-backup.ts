/** Keeps every record of a _schemas topic in an archive; each run adds what is new. */

import { needsStorage } from '../../app/records/location.ts';
import { openCluster } from '../../app/records/open-records.ts';
import { backupTopic } from '../../app/topic/backup-topic.ts';
import { openTopicBackup } from '../../app/topic/open-topic-backup.ts';
import { parseTopicLocation } from '../../app/topic/open-topic-source.ts';
import { SCHEMAS_TOPIC } from '../../app/topic/topic-source.ts';
import { SrgitError } from '../../errors.ts';
import { plural } from '../../render/export-report.ts';
import { type ActionRun, configOf } from '../action-run.ts';
import { code } from '../markdown.ts';
import { refuseKafkajs, required } from '../records.ts';
import type { Report } from '../report.ts';

export async function runTopicBackup(run: ActionRun): Promise<Report> {
  const { inputs, signal, onProgress } = run;
  const topic = inputs.topic ?? SCHEMAS_TOPIC;
  const from = parseTopicLocation(required(inputs.from, 'from', 'kafka:NAME'), 'from', inputs.cwd);
  const to = parseTopicLocation(required(inputs.to, 'to', 'kbak:s3://BUCKET/PREFIX'), 'to', inputs.cwd);
  if (from.kind !== 'kafka') {
    throw new SrgitError('SRGIT_USAGE', 'from must name a cluster', { hint: 'Give kafka:NAME, or kafka:HOST:PORT.' });
  }
  const storage = to.kind === 'archive' && needsStorage(to);
  const { records: settings } = configOf(run, { registry: false, records: { clusters: [from.cluster], storage } });
  if (settings === undefined) throw new SrgitError('SRGIT_INTERNAL', 'settings of records were not loaded');
  refuseKafkajs(settings, from.cluster);
  const client = await openCluster(from.cluster, settings);
  try {
    const sink = await openTopicBackup(to, inputs.backupId ?? topic, { settings, signal });
    const result = await backupTopic({
      client,
      topic,
      sink,
      continuous: false,
      everyMs: 10_000,
      now: Date.now,
      signal,
      onProgress,
    });
    const upTo = `up to offset ${result.nextOffset - 1}`;
    return {
      title: `Backup of topic ${topic}`,
      markdown:
        result.records === 0
          ? `Up to date: the backup has ${code(topic)} ${upTo}.`
          : `${plural(result.records, 'record')} of ${code(topic)} stored, ${upTo}.`,
      changed: result.records > 0,
      counts: { records: result.records, 'next-offset': result.nextOffset },
      annotations: [],
    };
  } finally {
    await client.close();
  }
}
