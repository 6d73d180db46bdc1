/**
 * A process that holds one broker for a test run: `node kafka-broker-host.ts VERSION FOLDER PID`. It writes the broker's
 * address to FOLDER/answer.json, and ends the broker when FOLDER is removed, which a run does at its end, or when the
 * process PID, the run itself, is no more.
 */
import { rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type KafkaAddress, type KafkaVersion, startKafka } from './kafka-broker.ts';

export type HostAnswer = KafkaAddress | { readonly error: string };

export const BROKER_HOST = import.meta.filename;

const POLL_MS = 300;

async function host(version: KafkaVersion, folder: string, run: number): Promise<void> {
  const goesOn = async (): Promise<boolean> =>
    isAlive(run) &&
    (await stat(folder).then(
      () => true,
      () => false,
    ));
  try {
    const broker = await startKafka({ version });
    // Functions are left out by JSON: what is left is the address.
    await answer(folder, broker).catch(() => undefined);
    while (await goesOn()) await sleep(POLL_MS);
    await broker.close();
  } catch (error) {
    await answer(folder, { error: error instanceof Error ? error.message : String(error) });
  }
}

/** Whole or not at all, for those who look for it. */
async function answer(folder: string, said: HostAnswer): Promise<void> {
  const temporary = join(folder, 'answer.part');
  await writeFile(temporary, JSON.stringify(said));
  await rename(temporary, join(folder, 'answer.json'));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

if (process.argv[1] === BROKER_HOST) {
  const [, , version, folder = '', run] = process.argv;
  await host(version as KafkaVersion, folder, Number(run));
}
