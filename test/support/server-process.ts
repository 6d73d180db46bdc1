/** A server as a child process: started, awaited, stopped by its handle. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServerProcess {
  /** Base URL of the registry. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Finds the server's own address in what it prints: its first group is `http://127.0.0.1:port`. */
  readonly address: RegExp;
  /** From the address to the registry's base URL. */
  readonly basePath: string;
}

/** Long, for a machine with two busy cores: a server that is ready earlier is used earlier. */
const START_TIMEOUT_MS = 180_000;
const POLL_MS = 100;
/** How much of its output is shown when it does not start. */
const TAIL = 4000;

/** Starts a server and waits until it answers `GET {base}/subjects`. */
export async function startServerProcess(command: ServerCommand): Promise<ServerProcess> {
  const child = spawn(command.program, command.args, { cwd: command.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  // Should this process end without calling stop(), the server goes too.
  const killNow = (): void => void child.kill('SIGKILL');
  process.once('exit', killNow);
  const stop = async (): Promise<void> => {
    process.off('exit', killNow);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  try {
    const url = (await readAddress(child, command)) + command.basePath;
    await untilReady(child, `${url}/subjects`);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function readAddress(
  child: ChildProcessByStdio<null, Readable, Readable>,
  command: ServerCommand,
): Promise<string> {
  let said = '';
  const found = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      if (said === 'found') return;
      said += chunk.toString('utf8');
      const address = command.address.exec(said)?.[1];
      if (address === undefined) return;
      // From here on the output is read only so that the pipe does not fill.
      said = 'found';
      resolve(address);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${command.program} ended with ${code}: ${said.slice(-TAIL)}`)));
  });
  const timer = new AbortController();
  const late = sleep(START_TIMEOUT_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`${command.program} did not say its address: ${said.slice(-TAIL)}`);
  });
  try {
    return await Promise.race([found, late]);
  } finally {
    late.catch(() => undefined);
    timer.abort();
  }
}

async function untilReady(child: ChildProcessByStdio<null, Readable, Readable>, url: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode} before it was ready`);
    const status = await fetch(url).then(
      async (answer) => {
        await answer.text();
        return answer.status;
      },
      () => 0,
    );
    if (status === 200) return;
    if (Date.now() > deadline) throw new Error(`${url} was not ready in time (last status ${status})`);
    await sleep(POLL_MS);
  }
}
