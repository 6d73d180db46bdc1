/** `srgit serve`, compiled and in a process of its own, for all tests of a file. */
import { spawnCli } from '../support/cli.ts';

export interface ServedTree {
  readonly url: string;
  stop(): Promise<void>;
}

/** @param cwd a folder with the tree in `schemas`. */
export async function serveTree(cwd: string): Promise<ServedTree> {
  const cli = await spawnCli(['serve', '--port', '0'], { cwd });
  const stop = async () => {
    cli.kill('SIGKILL');
    await cli.done;
  };
  const url = await new Promise<string>((resolve, reject) => {
    cli.child.stdout?.on('data', () => {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(cli.output().stdout)?.[0];
      if (found !== undefined) resolve(found);
    });
    cli.done.then(({ stderr }) => reject(new Error(`serve ended: ${stderr}`)), reject);
  });
  return { url, stop };
}
