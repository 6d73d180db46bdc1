/** Logs as folders of files for the tests of one, removed when the test is over. */
import { FolderStorage } from '../../src/archive/folder-storage.ts';
import { openKafkaLog } from '../../src/archive/kafka-log.ts';
import type { RecordSource } from '../../src/records/record-source.ts';
import { batchOf } from '../records/random-records.ts';
import { makeFiles, removeFolder, type WholeReading } from '../support/log-files.ts';

const folders: string[] = [];

/** After each test. */
export async function removeFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await removeFolder(folder);
}

export interface Opened {
  readonly folder: string;
  readonly source: RecordSource;
  readonly warnings: string[];
}

export async function open(files: Readonly<Record<string, Buffer | string>>): Promise<Opened> {
  const folder = await makeFiles(files);
  folders.push(folder);
  return { folder, ...(await openFolder(folder)) };
}

export async function openFolder(folder: string): Promise<Omit<Opened, 'folder'>> {
  const warnings: string[] = [];
  const onWarning = (message: string): void => void warnings.push(message);
  return { source: await openKafkaLog(new FolderStorage(folder), { onWarning }), warnings };
}

/** A batch of three records, `v0 v1 v2` from base 0 on. */
export const three = (base: number): Buffer =>
  batchOf(
    [0, 1, 2].map((i) => Buffer.from(`v${base + i}`)),
    BigInt(base),
  );
export const values = ({ records }: WholeReading): string => records.map(({ value }) => String(value)).join(' ');
export const v = (...numbers: number[]): string => numbers.map((number) => `v${number}`).join(' ');
