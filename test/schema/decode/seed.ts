import type { Random } from './avro-writer.ts';

/** Of a test file; printed, so that a run can be repeated. */
export function seedOf(suite: string): number {
  const seed = Number(process.env['SRGIT_SEED'] ?? Math.floor(Math.random() * 0x7fff_ffff));
  console.log(`${suite}: seed ${seed} (repeat with SRGIT_SEED=${seed})`);
  return seed;
}

/** @param usual how many runs there are where `SRGIT_RUNS` says nothing. */
export function runsOf(usual: number): number {
  return Number(process.env['SRGIT_RUNS'] ?? usual);
}

export function below(numbers: () => number): Random {
  return (limit) => Math.floor(numbers() * limit);
}
