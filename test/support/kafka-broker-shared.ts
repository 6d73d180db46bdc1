/**
 * Brokers shared by the whole test run: use topics, groups and transactional ids of your own, and neither stop one nor
 * change its settings. A test that does starts its own with startKafka.
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';
import type { KafkaAddress, KafkaVersion } from './kafka-broker.ts';
import { BROKER_HOST, type HostAnswer } from './kafka-broker-host.ts';

const POLL_MS = 100;
/** More than the host's own time for a start. */
const TIMEOUT_MS = 240_000;

/**
 * The first call in a run starts the broker (five seconds and more; minutes where it must be fetched), so give the hook a
 * timeout to match. A run that never asks starts none.
 */
export async function sharedKafka(version: KafkaVersion = '4.3.1'): Promise<KafkaAddress> {
  const folder = join(inject('removedAtTheEnd'), `kafka-${version}`);
  if (await isMadeNow(folder)) {
    // Detached: it outlives this test file's process, and ends with the folder or with the run (see the host).
    const host = spawn(process.execPath, [BROKER_HOST, version, folder, String(process.ppid)], {
      detached: true,
      stdio: 'ignore',
    });
    host.unref();
  }
  const deadline = Date.now() + TIMEOUT_MS;
  while (Date.now() < deadline) {
    const text = await readFile(join(folder, 'answer.json'), 'utf8').catch(() => undefined);
    if (text === undefined) {
      await sleep(POLL_MS);
      continue;
    }
    const answer = JSON.parse(text) as HostAnswer;
    if ('error' in answer) throw new Error(`Kafka ${version} could not be started: ${answer.error}`);
    return answer;
  }
  throw new Error(`Kafka ${version} was not started in time`);
}

/** Of all who ask, the one that makes the folder starts the broker. */
async function isMadeNow(folder: string): Promise<boolean> {
  return mkdir(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
}
