/** Ctrl-C once stops cleanly; twice stops at once. */
import { EXIT, SrgitError } from '../errors.ts';

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Takes the handlers away again. */
  release(): void;
}

export function onInterrupt(notice: (text: string) => void): Interrupt {
  const controller = new AbortController();
  const handle = (cause: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    // SIGTERM comes from a program, which reads no notice.
    if (cause === 'SIGINT') notice('Stopping (once more to stop at once) …');
    controller.abort(
      new SrgitError('SRGIT_INTERRUPTED', 'interrupted', {
        hint: 'Nothing is half-done: run the command again to go on.',
      }),
    );
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', handle);
      process.off('SIGTERM', handle);
    },
  };
}
