/** Output that does not get where it should. */
import { EXIT } from '../errors.ts';
import { plainReasons } from './plain-reason.ts';

let isLost = false;

/** To be called again behind a library that has listeners of its own: they throw, in the middle of whatever is done. */
export function watchOutput(): void {
  process.stdout.removeAllListeners('error').on('error', onLostOutput);
  process.stderr.removeAllListeners('error').on('error', () => undefined);
}

/**
 * Who reads only the beginning (`| head`) has what was wanted: nothing is said about it. Output that is lost for another
 * reason makes the run a failure. In both cases what is being done goes on to its end: a restore is not left half-way.
 */
function onLostOutput(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE' || isLost) return;
  isLost = true;
  const reason = plainReasons(error.code ?? error.message);
  process.stderr.write(`Error: the output cannot be written: ${reason}\n(SRGIT_STORAGE_WRITE)\n`);
  process.once('exit', (code) => {
    if (code === EXIT.done) process.exitCode = EXIT.failed;
  });
}
