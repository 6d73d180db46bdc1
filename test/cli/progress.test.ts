import { describe, expect, it } from 'vitest';
import { describeProgress, showProgress } from '../../src/cli/progress.ts';

/** A stream and a clock that the test moves. */
function stage(isTTY: boolean, columns?: number) {
  const written: string[] = [];
  let time = 5_000;
  const stream = { isTTY, ...(columns === undefined ? {} : { columns }), write: (text: string) => written.push(text) };
  const view = showProgress(stream, () => time);
  return { written, view, wait: (milliseconds: number) => (time += milliseconds) };
}

describe('progress elsewhere than on a terminal', () => {
  it('is a line every ten seconds, and none for a short phase', () => {
    const { written, view, wait } = stage(false);
    view.onProgress({ phase: 'reading', done: 0, total: 100 });
    wait(9_999);
    view.onProgress({ phase: 'reading', done: 10, total: 100 });
    expect(written).toEqual([]);
    wait(1);
    view.onProgress({ phase: 'reading', done: 20, total: 100 });
    wait(9_000);
    view.onProgress({ phase: 'reading', done: 30, total: 100 });
    view.onProgress({ phase: 'writing', done: 0 });
    wait(9_000);
    view.onProgress({ phase: 'writing', done: 5 });
    wait(1_000);
    view.onProgress({ phase: 'writing', done: 6 });
    view.end();
    expect(written).toEqual(['reading  20 / 100  20 %  2/s  40 s left\n', 'writing  6  1/s\n']);
  });
});

describe('progress on a terminal', () => {
  it('is one line that is drawn anew ten times a second, and is gone at the end', () => {
    const { written, view, wait } = stage(true, 24);
    view.onProgress({ phase: 'reading', done: 1, total: 4 });
    view.onProgress({ phase: 'reading', done: 2, total: 4 });
    wait(100);
    view.onProgress({ phase: 'reading', done: 3, total: 4 });
    expect(written).toEqual(['\r\u001b[Kreading  1 / 4  25 %', '\r\u001b[Kreading  3 / 4  75 %']);
    wait(2_000);
    view.onProgress({ phase: 'reading', done: 3, total: 4 });
    expect(written.at(-1)).toBe('\r\u001b[Kreading  3 / 4  75 %  1');
    view.end();
    view.end();
    expect(written.slice(3)).toEqual(['\r\u001b[K']);
  });
});

it.each([
  [{ phase: 'p', done: 0 }, 0, 'p  0'],
  [{ phase: 'p', done: 0, total: 0 }, 5_000, 'p  0 / 0'],
  [{ phase: 'p', done: 1_234_567, total: 2_000_000 }, 1_000, 'p  1,234,567 / 2,000,000  61 %  1,234,567/s  1 s left'],
  [{ phase: 'p', done: 7, total: 7 }, 2_000, 'p  7 / 7  100 %  4/s'],
  [{ phase: 'p', done: 5, total: 7 }, 999, 'p  5 / 7  71 %'],
])('%j after %d ms', (progress, elapsed, text) => {
  expect(describeProgress(progress, elapsed)).toBe(text);
});
