/** Texts that are nearly schemas: in one that is, parts take each other's places, or an odd value's. */
import { createRandom, type Random } from './random.ts';

const ODD_TYPES: readonly unknown[] = [
  ['null', 'int'],
  ['Foo', 'Bar'],
  { type: 'enum', name: 'Odd', symbols: ['A'] },
  { type: 'fixed', name: 'Odd', size: 8, logicalType: 'decimal', precision: 4 },
  { type: 'record', name: 'Odd', fields: [] },
  { type: 'record', name: 'Odd', fields: [{ name: 'a', type: ['null', 'Odd'], default: null }] },
];
const ODD_VALUES: readonly unknown[] = [
  null,
  1,
  2.5,
  1e30,
  '',
  'a.b',
  '1a',
  'int',
  'record',
  'Alpha',
  'Odd',
  'x.Beta',
  [],
  {},
  { a: 1 },
  ...ODD_TYPES,
];
const ODD_KEYS = ['type', 'name', 'namespace', 'doc', 'aliases', 'default', 'order', 'items', 'zz'] as const;

interface Part {
  readonly owner: Record<string, unknown>;
  readonly key: string;
}

export function breakText(text: string, seed: number): string {
  const random = createRandom(seed);
  const top: Record<string, unknown> = { schema: JSON.parse(text) as unknown };
  for (let changes = 1 + random.below(3); changes > 0; changes--) breakPart(listParts(top), random);
  return JSON.stringify(top['schema']);
}

function breakPart(parts: readonly Part[], random: Random): void {
  const part = random.pickAny(parts);
  const other = random.pickAny(parts);
  if (part === undefined || other === undefined) return;
  const { owner, key } = part;
  const value = owner[key];
  const change = random.below(10);
  if (change < 3) owner[key] = structuredClone(other.owner[other.key]);
  else if (change < 5 && key !== 'schema') delete owner[key];
  else if (change < 7 && isObject(value)) value[random.pick(ODD_KEYS)] = structuredClone(random.pickAny(ODD_VALUES));
  else owner[key] = structuredClone(random.pickAny(key === 'type' ? ODD_TYPES : ODD_VALUES));
}

function listParts(top: Record<string, unknown>): readonly Part[] {
  const parts: Part[] = [];
  const open = [top];
  for (let owner = open.pop(); owner !== undefined; owner = open.pop()) {
    for (const [key, value] of Object.entries(owner)) {
      parts.push({ owner, key });
      if (isObject(value)) open.push(value);
    }
  }
  return parts;
}

/** Lists too: their keys are the positions. */
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
