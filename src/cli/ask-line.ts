/** Questions on a terminal that are answered with a line, one after another over one reader. */
import { createInterface } from 'node:readline';
import { throwIfAborted } from '../errors.ts';

export interface Dialog {
  /**
   * @param preset the answer of an empty line; shown in brackets.
   * @throws SrgitError SRGIT_INTERRUPTED, also at the end of the input: nobody is there to answer.
   */
  ask(question: string, preset: string): Promise<string>;
  close(): void;
}

export interface DialogOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Ctrl-C on a terminal: there it is a key, not a signal, while somebody is asked. */
  readonly onInterrupt: () => void;
  readonly signal: AbortSignal;
}

export function openDialog({ input, output, onInterrupt, signal }: DialogOptions): Dialog {
  throwIfAborted(signal);
  const lines = createInterface({ input, output });
  const waiting: string[] = [];
  let wake: (() => void) | undefined;
  let ended = false;
  // Lines that are typed ahead come at once: kept until they are asked for.
  lines.on('line', (line) => {
    waiting.push(line);
    wake?.();
  });
  lines.once('close', () => {
    ended = true;
    wake?.();
  });
  lines.on('SIGINT', onInterrupt);
  const stop = () => lines.close();
  signal.addEventListener('abort', stop, { once: true });
  return {
    async ask(question, preset) {
      throwIfAborted(signal);
      if (!ended) {
        lines.setPrompt(`${question}${preset === '' ? '' : ` [${preset}]`} `);
        lines.prompt();
      }
      while (waiting.length === 0 && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const answer = waiting.shift()?.trim();
      if (answer === undefined) {
        output.write('\n');
        onInterrupt();
        throwIfAborted(signal);
        return preset;
      }
      return answer === '' ? preset : answer;
    },
    close() {
      signal.removeEventListener('abort', stop);
      lines.close();
      // Node goes on reading where the dialog is closed by a key, and the process would wait for more.
      if ('unref' in input && typeof input.unref === 'function') input.unref();
    },
  };
}
