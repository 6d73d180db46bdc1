/** A real S3 server: Versity's gateway over a folder of its own, built once from its source. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Settings } from '../../src/archive/storage-settings.ts';
import { findDeadPort } from './loopback-server.ts';
import { hasProgram, runProgram } from './run-program.ts';
import { cachedFolder } from './test-cache.ts';

const VERSION = 'v1.8.0';
const START_TIMEOUT_MS = 60_000;

export interface S3Server {
  readonly endpoint: string;
  /** Reaches `bucket`, which exists. */
  readonly settings: S3Settings;
  /** Where the server keeps its buckets: a folder each. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Needs Go, and minutes the first time. */
export async function startS3Server(): Promise<S3Server> {
  const program = join(await installVersitygw(), 'versitygw');
  const root = mkdtempSync(join(tmpdir(), 'srgit-s3-'));
  const [folder, sidecar] = [join(root, 'buckets'), join(root, 'sidecar')];
  for (const each of [folder, join(folder, 'bucket'), sidecar]) mkdirSync(each);
  const port = await findDeadPort();
  const accessKeyId = 'test-access';
  const secretAccessKey = 'test-secret-key';
  // Metadata beside the objects: temporary folders need not have extended attributes.
  const own = ['--port', `127.0.0.1:${port}`, '--access', accessKeyId, '--secret', secretAccessKey, '--keep-alive'];
  const child = spawn(program, [...own, '--quiet', 'posix', '--sidecar', sidecar, folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-4000);
    });
  }
  const killNow = (): void => void child.kill('SIGKILL');
  process.once('exit', killNow);
  const stop = async (): Promise<void> => {
    process.off('exit', killNow);
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    rmSync(root, { recursive: true, force: true });
  };
  const endpoint = `http://127.0.0.1:${port}`;
  for (const deadline = Date.now() + START_TIMEOUT_MS; ; await sleep(50)) {
    const status = await fetch(endpoint).then(
      async (answer) => {
        await answer.text();
        return answer.status;
      },
      () => 0,
    );
    if (status !== 0) break;
    if (child.exitCode === null && Date.now() < deadline) continue;
    await stop();
    throw new Error(`the S3 server did not start: ${said}`);
  }
  return {
    endpoint,
    settings: {
      backend: 's3',
      bucket: 'bucket',
      endpoint,
      pathStyle: true,
      allowHttp: true,
      accessKeyId,
      secretAccessKey,
    },
    folder,
    stop,
  };
}

async function installVersitygw(): Promise<string> {
  return cachedFolder(`versitygw-${VERSION}`, async (folder) => {
    if (!(await hasProgram('go', 'version'))) throw new Error('This test needs Go, to build the S3 server versitygw.');
    const program = `github.com/versity/versitygw/cmd/versitygw@${VERSION}`;
    await runProgram('go', ['install', program], { env: { GOBIN: folder, GOFLAGS: '-buildvcs=false' } });
  });
}
