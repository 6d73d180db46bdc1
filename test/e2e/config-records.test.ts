/** The backup tool's own YAML with `backup`, `scan` and a note: its topics, its backup id, its storage. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKafka } from '../../src/kafka/open-kafka.ts';
import type { KafkaClient } from '../../src/kafka/port.ts';
import { BLOCKS } from '../config/backup-tool-blocks.ts';
import { newName } from '../support/backing-up.ts';
import { cliEntry, runCli, runCliJson } from '../support/cli.ts';
import { record, register, registryDuringTest } from '../support/embedded-registry.ts';
import { readBackupIndependently } from '../support/independent-kbak-reader.ts';
import type { KafkaAddress } from '../support/kafka-broker.ts';
import { type KafkaEye, startKafkaEye } from '../support/kafka-broker-eye.ts';
import { sharedKafka } from '../support/kafka-broker-shared.ts';
import { temporaryFolder } from '../support/trees.ts';

const START_MS = 300_000;
const TEST_MS = 240_000;

let eye: KafkaEye;
let address: KafkaAddress;
let client: KafkaClient;

beforeAll(async () => {
  [eye, address] = await Promise.all([startKafkaEye(), sharedKafka(), cliEntry()]);
  client = await openKafka({ client: 'platformatic', bootstrapServers: [address.bootstrap] });
}, START_MS);

afterAll(async () => {
  await client?.close();
  await eye?.stop();
});

describe('the backup tool’s own YAML', { timeout: TEST_MS }, () => {
  it('says which topics are backed up, and under which name', async () => {
    const cwd = temporaryFolder();
    const [wanted, left, other] = [newName('orders'), newName('orders-test'), newName('payments')];
    for (const topic of [wanted, left, other]) {
      await client.admin.createTopic({ name: topic, partitionCount: 1, config: { 'retention.ms': '-1' } });
      await eye.produce(address.bootstrap, [{ step: 'send', topic, records: [{ value: Buffer.from(topic) }] }]);
    }
    const yaml = `mode: backup
backup_id: nightly
source:
  bootstrap_servers: ["${address.bootstrap}"]
  topics: { include: ["orders-*"], exclude: ["orders-test-*"] }
storage: { backend: filesystem, path: backups }
backup: { compression: zstd }
`;
    writeFileSync(join(cwd, 'backup.yaml'), yaml);
    const run = (...args: string[]) => runCliJson([...args, '--config', 'backup.yaml'], { cwd });
    const { code, stderr } = await run('backup', '--from', 'kafka:source');
    const note = /^Note: .*backup\.yaml:7:11 backup\.compression does not apply: give srgit backup --compression\n$/;
    expect([code, stderr]).toEqual([0, expect.stringMatching(note)]);
    const topics = [...readBackupIndependently(join(cwd, 'backups'), 'nightly').records.keys()].map((place) =>
      place.replace(/\/\d+$/, ''),
    );
    expect(topics).toContain(wanted);
    expect(topics).not.toContain(left);
    expect(topics).not.toContain(other);

    // A second backup beside it: the id of the file says which one is read.
    writeFileSync(join(cwd, 'other.yaml'), yaml.replace('nightly', 'weekly'));
    await runCli(['backup', '--from', 'kafka:source', '--config', 'other.yaml', '--topics', other], { cwd });
    const scanned = await run('scan', 'kbak:storage');
    const { topics: found } = scanned.json as { topics: { topic: string }[] };
    expect(found.map(({ topic }) => topic)).toContain(wanted);
    expect(found.map(({ topic }) => topic)).not.toContain(other);
  });
});

describe('what does not apply', { timeout: TEST_MS }, () => {
  it('is named once on stderr, and not with --quiet', async () => {
    const registry = await registryDuringTest();
    await register(registry.url, 'orders-value', record('Order'));
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'b.yaml'), BLOCKS.operator.replace('https://schema-registry:8081', registry.url));
    const { code, stderr } = await runCli(['export', '--config', 'b.yaml'], { cwd });
    const note = /^Note: .*b\.yaml:20:5 spec\.enterprise\.licenseSecret does not apply: srgit needs no licence\n$/;
    expect([code, stderr]).toEqual([0, expect.stringMatching(note)]);
    expect(await runCli(['export', '--config', 'b.yaml', '-q'], { cwd })).toMatchObject({ code: 0, stderr: '' });
  });
});
