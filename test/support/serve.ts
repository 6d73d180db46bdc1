/** `srgit serve` as a process of its own, for a test. */
import { onTestFinished } from 'vitest';
import { type RunningCli, spawnCli } from './cli.ts';

/** Runs until the test ends; gives the address it tells. */
export async function serveDuringTest(
  cwd: string,
  ...flags: string[]
): Promise<{ readonly cli: RunningCli; readonly url: string }> {
  const cli = await spawnCli(['serve', '--port', '0', ...flags], { cwd });
  onTestFinished(async () => {
    cli.kill('SIGKILL');
    await cli.done;
  });
  const url = await new Promise<string>((resolve, reject) => {
    const look = () => {
      const { stdout, stderr } = cli.output();
      const found = /https?:\/\/[^\s,]+/.exec(stdout + stderr)?.[0];
      if (found !== undefined) resolve(found);
    };
    cli.child.stdout?.on('data', look);
    cli.child.stderr?.on('data', look);
    cli.done.then(({ stderr }) => reject(new Error(`serve ended: ${stderr}`)), reject);
  });
  return { cli, url };
}
