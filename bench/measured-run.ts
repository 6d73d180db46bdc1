/** A program in a process of its own, and what it took of the machine: read from Linux's /proc while it runs. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface MeasuredRun {
  readonly stdout: string;
  readonly seconds: number;
  /** User and system, start and end of the process included. */
  readonly cpuSeconds: number;
  /** Greatest resident memory. */
  readonly peakBytes: number;
}

export interface MeasuredOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** How long the last of what it does may be missed. */
const POLL_MS = 20;
/** Linux counts processor time in hundredths of a second (USER_HZ). */
const TICKS_A_SECOND = 100;

/** @throws when it ends with anything but 0 */
export async function runMeasured(
  program: string,
  args: readonly string[],
  { cwd, env }: MeasuredOptions = {},
): Promise<MeasuredRun> {
  const start = performance.now();
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const killNow = (): void => void child.kill('SIGKILL');
  process.once('exit', killNow);
  const { pid = 0 } = child;
  let stdout = '';
  let stderr = '';
  let cpuSeconds = 0;
  let peakBytes = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const timer = setInterval(() => {
    cpuSeconds = cpuSecondsOf(pid) ?? cpuSeconds;
    peakBytes = peakBytesOf(pid) ?? peakBytes;
  }, POLL_MS);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw new Error(`${program} ${args.join(' ')}\nended with ${code}: ${stderr.slice(-2000)}`);
    return { stdout, seconds: (performance.now() - start) / 1000, cpuSeconds, peakBytes };
  } finally {
    clearInterval(timer);
    process.off('exit', killNow);
  }
}

/** Of a process so far; undefined when it is gone. */
export function cpuSecondsOf(pid: number): number | undefined {
  const fields = statOf(pid);
  if (fields === undefined) return undefined;
  const ticks = Number(fields[11]) + Number(fields[12]);
  // A process that has ended and is not waited for yet has no time any more.
  return ticks === 0 ? undefined : ticks / TICKS_A_SECOND;
}

function peakBytesOf(pid: number): number | undefined {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readProc(`${pid}/status`) ?? '') ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Process ids of the children that run now. */
export function childProcesses(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => statOf(pid)?.[1] === String(process.pid));
}

/** From the state on: the name before it may hold anything. */
function statOf(pid: number): readonly string[] | undefined {
  const text = readProc(`${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return undefined;
  }
}
