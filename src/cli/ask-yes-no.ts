/** One question on a terminal. Only a yes is a yes; the end of the input is a no; Ctrl-C interrupts the command. */
import { createInterface } from 'node:readline';
import { throwIfAborted } from '../errors.ts';

export interface AskOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Ctrl-C on a terminal: there it is a key, not a signal, while somebody is asked. */
  readonly onInterrupt: () => void;
  readonly signal: AbortSignal;
}

/** @throws SrgitError SRGIT_INTERRUPTED */
export async function askYesNo(question: string, { input, output, onInterrupt, signal }: AskOptions): Promise<boolean> {
  throwIfAborted(signal);
  const dialog = createInterface({ input, output });
  try {
    const answer = await new Promise<string | undefined>((resolve) => {
      dialog.once('line', resolve);
      // Without an answer: the promise of `question` would never settle then.
      dialog.once('close', () => resolve(undefined));
      dialog.on('SIGINT', onInterrupt);
      signal.addEventListener('abort', () => dialog.close(), { once: true });
      dialog.setPrompt(question);
      dialog.prompt();
    });
    throwIfAborted(signal);
    if (answer === undefined) output.write('\n');
    return /^y(es)?$/i.test(answer?.trim() ?? '');
  } finally {
    dialog.close();
    // Node goes on reading where the dialog is closed by a key, and the process would wait for more.
    if ('unref' in input && typeof input.unref === 'function') input.unref();
  }
}
