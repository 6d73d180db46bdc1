/** Progress on stderr: one line that is redrawn on a terminal, a line every ten seconds elsewhere. */
import type { OnProgress, Progress } from '../app/progress.ts';

/** Milliseconds between two redraws on a terminal, and between two lines elsewhere. */
const REDRAW = 100;
const LINE = 10_000;
/** Below this a rate says nothing. */
const WARM_UP = 1_000;

export interface ProgressView {
  readonly onProgress: OnProgress;
  /** Clears the line, so that what follows stands alone. */
  end(): void;
}

export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export function showProgress(stream: ProgressStream, now: () => number): ProgressView {
  const terminal = stream.isTTY === true;
  let phase = '';
  let started = now();
  let last = started;
  let drawn = false;
  return {
    onProgress(progress) {
      const time = now();
      if (progress.phase !== phase) {
        phase = progress.phase;
        started = time;
        // A short phase on a pipe is not worth a line.
        last = terminal ? 0 : time;
      }
      if (time - last < (terminal ? REDRAW : LINE)) return;
      last = time;
      const text = describeProgress(progress, time - started);
      if (!terminal) stream.write(`${text}\n`);
      else {
        stream.write(`\r\u001b[K${text.slice(0, (stream.columns ?? 80) - 1)}`);
        drawn = true;
      }
    },
    end() {
      if (drawn) stream.write('\r\u001b[K');
      drawn = false;
    },
  };
}

/** `writing files  1,200 / 4,000  30 %  1,100/s  3 s left` */
export function describeProgress({ phase, done, total }: Progress, elapsed: number): string {
  const parts = [phase, total === undefined ? number(done) : `${number(done)} / ${number(total)}`];
  if (total !== undefined && total > 0) parts.push(`${Math.floor((100 * done) / total)} %`);
  if (elapsed >= WARM_UP && done > 0) {
    const rate = (done * 1000) / elapsed;
    parts.push(`${number(Math.round(rate))}/s`);
    if (total !== undefined && done < total) parts.push(`${Math.ceil((total - done) / rate)} s left`);
  }
  return parts.join('  ');
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
