/**
 * How fast a replay was, over its time: a chart for a job's summary. GitHub draws what stands in a block of Mermaid, and
 * shows no picture of a run; the line above it tells the same to whoever sees no chart. Numbers only: nothing of a topic
 * is in it.
 */
import { plural } from './export-report.ts';

export interface ThroughputSample {
  /** Milliseconds since the start. */
  readonly at: number;
  /** Totals so far. */
  readonly bytes: number;
  readonly records: number;
}

/** More would be drawn over each other. */
const MAX_POINTS = 60;

/** Fewer are no line. */
const MIN_POINTS = 3;

/** @param samples ascending in time. @returns '' where there is too little to draw. */
export function renderThroughput(samples: readonly ThroughputSample[]): string {
  const rates = ratesOf(samples);
  if (rates.length < MIN_POINTS) return '';
  const last = samples.at(-1);
  const seconds = (last?.at ?? 0) / 1000;
  const top = Math.max(...rates);
  const mean = seconds === 0 ? 0 : (last?.bytes ?? 0) / 1_000_000 / seconds;
  const said = `${show(mean)} MB/s on average, ${show(Math.min(...rates))} to ${show(top)}, over ${plural(Math.round(seconds), 'second')}.`;
  return [
    said,
    '',
    '```mermaid',
    'xychart-beta',
    '  title "MB/s"',
    `  x-axis "seconds" 0 --> ${show(seconds)}`,
    `  y-axis 0 --> ${show(roundUp(top))}`,
    `  line [${rates.map(show).join(', ')}]`,
    '```',
  ].join('\n');
}

/** Megabytes a second over equal spans: the chart spaces its points evenly, and samples do not come so. */
function ratesOf(samples: readonly ThroughputSample[]): readonly number[] {
  // Of several at one moment the last one says all.
  const told = samples.filter(({ at }, index) => at > 0 && at !== samples[index + 1]?.at);
  const known = [{ at: 0, bytes: 0, records: 0 }, ...told];
  const end = known.at(-1)?.at ?? 0;
  const count = Math.min(MAX_POINTS, known.length - 1);
  if (end === 0 || count < MIN_POINTS) return [];
  const span = end / count;
  let before = 0;
  return Array.from({ length: count }, (_, index) => {
    const now = bytesAt(known, span * (index + 1));
    const rate = (now - before) / 1_000_000 / (span / 1000);
    before = now;
    return rate;
  });
}

/** Between two samples as if it had been steady. */
function bytesAt(samples: readonly ThroughputSample[], at: number): number {
  const next = samples.findIndex((sample) => sample.at >= at);
  const after = samples[next];
  const before = samples[next - 1];
  if (after === undefined) return samples.at(-1)?.bytes ?? 0;
  if (before === undefined || after.at === before.at) return after.bytes;
  return before.bytes + ((after.bytes - before.bytes) * (at - before.at)) / (after.at - before.at);
}

/** The next of 1, 2, 5, 10, 20 …; an axis needs some height. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 0.001)));
  return power * ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10);
}

/** Never with an exponent, which the chart's language does not know. */
function show(value: number): string {
  return value < 0.001 ? '0' : String(Number(value.toPrecision(3)));
}
