/** Lines that two texts share, and those that one has alone. */

export interface DiffLine {
  readonly change: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** Cells of the table; above it the differing middle is told as a whole. */
const MAX_CELLS = 4_000_000;

export function diffLines(before: string, after: string): readonly DiffLine[] {
  const old = before.split('\n');
  const now = after.split('\n');
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  const same = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ change: 'same', text }));
  return [
    ...same(old.slice(0, head)),
    ...diffMiddle(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...same(old.slice(old.length - tail)),
  ];
}

/** By the longest common subsequence. */
function diffMiddle(old: readonly string[], now: readonly string[]): DiffLine[] {
  const whole = (change: 'added' | 'removed', lines: readonly string[]): DiffLine[] =>
    lines.map((text) => ({ change, text }));
  if (old.length * now.length > MAX_CELLS) return [...whole('removed', old), ...whole('added', now)];
  const width = now.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row--) {
    for (let column = now.length - 1; column >= 0; column--) {
      common[row * width + column] =
        old[row] === now[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: DiffLine[] = [];
  let row = 0;
  let column = 0;
  while (row < old.length || column < now.length) {
    const oldText = old[row];
    const newText = now[column];
    if (oldText !== undefined && oldText === newText) {
      lines.push({ change: 'same', text: oldText });
      row++;
      column++;
    } else if (oldText !== undefined && (newText === undefined || at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ change: 'removed', text: oldText });
      row++;
    } else if (newText !== undefined) {
      lines.push({ change: 'added', text: newText });
      column++;
    }
  }
  return lines;
}

/** Lines around what changed; undefined stands for those left out. */
export function hunks(lines: readonly DiffLine[], around = 3): readonly (DiffLine | undefined)[] {
  const near = new Set<number>();
  lines.forEach(({ change }, at) => {
    if (change === 'same') return;
    for (let other = at - around; other <= at + around; other++) near.add(other);
  });
  const shown: (DiffLine | undefined)[] = [];
  lines.forEach((line, at) => {
    if (near.has(at)) shown.push(line);
    else if (at === 0 || near.has(at - 1)) shown.push(undefined);
  });
  return shown;
}
