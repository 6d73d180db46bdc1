/** Runs a program to its end. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Standard output and error together. Throws an error that names the program and the end of what it said. */
export async function runProgram(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  try {
    const { stdout, stderr } = await execFileAsync(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout + stderr;
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    throw new Error(`${program} ${args[0] ?? ''} failed: ${message.slice(-2000)}`, { cause: error });
  }
}

/** Whether a program can be started at all. */
export async function hasProgram(program: string, versionFlag: string): Promise<boolean> {
  return runProgram(program, [versionFlag]).then(
    () => true,
    () => false,
  );
}
