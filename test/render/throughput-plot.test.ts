import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderThroughput, type ThroughputSample } from '../../src/render/throughput-plot.ts';
import { seedOf } from '../records/random-records.ts';

const seed = seedOf('throughput');

/** Megabytes at each second. */
function samples(...totals: readonly number[]): ThroughputSample[] {
  return totals.map((total, at) => ({ at: 1000 * (at + 1), bytes: total * 1_000_000, records: at }));
}

describe('the throughput of a replay', () => {
  it('is a line, and a chart of megabytes a second over its time', () => {
    expect(renderThroughput(samples(10, 30, 30, 36)).split('\n')).toEqual([
      '9 MB/s on average, 0 to 20, over 4 seconds.',
      '',
      '```mermaid',
      'xychart-beta',
      '  title "MB/s"',
      '  x-axis "seconds" 0 --> 4',
      '  y-axis 0 --> 20',
      '  line [10, 20, 0, 6]',
      '```',
    ]);
  });

  it('is nothing where there is too little to draw', () => {
    expect(renderThroughput([])).toBe('');
    expect(renderThroughput(samples(1, 2))).toBe('');
    expect(renderThroughput([0, 0, 0, 0].map((at) => ({ at, bytes: 5, records: 1 })))).toBe('');
  });

  it('spaces its points evenly, whenever the samples came, and loses no byte', () => {
    const uneven = [100, 200, 300, 4000].map((at) => ({ at, bytes: at * 1000, records: 1 }));
    expect(renderThroughput(uneven)).toContain('line [1, 1, 1, 1]');
    fc.assert(
      fc.property(
        fc.array(fc.record({ gap: fc.integer({ min: 0, max: 60_000 }), bytes: fc.integer({ min: 0, max: 1e9 }) }), {
          maxLength: 600,
        }),
        (steps) => {
          let [at, bytes] = [0, 0];
          const given = steps.map((step) => {
            at += step.gap;
            bytes += step.bytes;
            return { at, bytes, records: 1 };
          });
          const text = renderThroughput(given);
          if (text === '') return;
          const [, line = ''] = /^ {2}line \[(.*)\]$/m.exec(text) ?? [];
          const points = line.split(', ').map(Number);
          expect(points.length).toBeLessThanOrEqual(60);
          // No exponent, nothing that is no number.
          for (const point of line.split(', ')) expect(point).toMatch(/^\d+(\.\d+)?$/);
          const drawn = (points.reduce((sum, rate) => sum + rate, 0) * 1e6 * (at / 1000)) / points.length;
          // What came at the very start, before any time had passed, is in the first point.
          expect(Math.abs(drawn - bytes)).toBeLessThanOrEqual(0.01 * bytes + at);
          const [, top = ''] = /^ {2}y-axis 0 --> (\S+)$/m.exec(text) ?? [];
          expect(Number(top)).toBeGreaterThanOrEqual(Math.max(...points) * 0.995);
        },
      ),
      { seed, numRuns: Number(process.env['SRGIT_RUNS'] ?? 100) },
    );
  });
});
