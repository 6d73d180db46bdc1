/**
 * The recorded corpus through the rules as a whole: what Confluent 8.3.1 stored for every registration, and what it said
 * of every candidate at every level, messages and all.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Reference, SchemaType } from '../../src/model/schema-version.ts';
import { schemaLanguages } from '../../src/schema/schema-port.ts';
import { applyRecords } from '../../src/semantics/apply.ts';
import { testCompatibility } from '../../src/semantics/compatibility.ts';
import { decideUpdateConfig } from '../../src/semantics/config.ts';
import { isRefusal, type Refusal } from '../../src/semantics/decision.ts';
import { decideRegister, type Registered } from '../../src/semantics/register.ts';
import { createState, findRow, type RegistryState } from '../../src/semantics/state.ts';

const RULES = { strictConfluent: true };
const NOW = 1_700_000_000_000;

interface SentSchema {
  readonly schema: string;
  readonly schemaType?: SchemaType;
  readonly references?: readonly Reference[];
}

function register(
  state: RegistryState,
  subject: string,
  { schema, schemaType = 'AVRO', references = [] }: SentSchema,
  normalize = false,
): Registered | Refusal {
  const command = { subject, schema, schemaType, references, normalize, now: NOW };
  const decided = decideRegister(state, command, schemaLanguages, RULES);
  if (isRefusal(decided)) return decided;
  applyRecords(state, decided.records);
  return decided.answer;
}

function setLevel(state: RegistryState, name: string, compatibility: string): void {
  const decided = decideUpdateConfig(state, { name, changes: { compatibility }, now: NOW }, RULES);
  if (isRefusal(decided)) throw new Error(decided.refusal);
  applyRecords(state, decided.records);
}

function stateAtNone(): RegistryState {
  const state = createState();
  setLevel(state, '', 'NONE');
  return state;
}

function readLines<Row>(file: string): readonly Row[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

const fixture = (name: string): string => resolve(import.meta.dirname, '../fixtures/confluent-8.3.1', name);

interface CompatRow {
  readonly id: string;
  readonly kind: string;
  readonly schemaType: SchemaType;
  readonly level: string;
  readonly history: readonly SentSchema[];
  readonly candidate: SentSchema;
  readonly refs: readonly (SentSchema & { readonly subject: string })[];
  readonly is_compatible?: boolean;
  readonly messages?: readonly string[];
  readonly status?: number;
  readonly latest?: 'same' | { readonly is_compatible: boolean; readonly messages: readonly string[] };
}

/** Rows on which Confluent fails and we answer. */
const NOT_MIRRORED: Readonly<Record<string, string>> = {
  'json/number-bounds/decimal-multiple/BACKWARD': 'it fails while it finds that there is nothing to complain of',
};

describe('compat.ndjson', () => {
  const rows = readLines<CompatRow>(fixture('compat.ndjson'));
  const verdicts = { AVRO: { equal: 0, all: 0 }, JSON: { equal: 0, all: 0 }, PROTOBUF: { equal: 0, all: 0 } };

  it.each(rows)('$id', (row) => {
    const state = stateAtNone();
    const typed = (sent: SentSchema) => ({ schemaType: row.schemaType, ...sent });
    for (const ref of row.refs) expect(register(state, ref.subject, typed(ref))).not.toHaveProperty('refusal');
    for (const version of row.history) expect(register(state, 'S', typed(version))).not.toHaveProperty('refusal');
    setLevel(state, 'S', row.level);
    const normalize = row.kind === 'normalized' && row.id.includes('normalize');
    const { schema, schemaType, references = [] } = { references: [], ...typed(row.candidate) };
    const ask = (version: number | undefined) =>
      answerOf(
        testCompatibility(state, 'S', version, { schema, schemaType, references, normalize }, schemaLanguages, RULES),
      );
    const answer = ask(undefined);
    const tally = verdicts[row.schemaType];
    tally.all++;
    if (NOT_MIRRORED[row.id] !== undefined) {
      expect(answer).toEqual({ is_compatible: true, messages: [] });
      return;
    }
    if (row.status !== undefined) {
      expect(answer).toEqual({ status: row.status });
    } else {
      expect(answer).toEqual({ is_compatible: row.is_compatible, messages: row.messages });
      if (row.latest !== undefined && row.history.length > 0) {
        const expected =
          row.latest === 'same' ? { is_compatible: row.is_compatible, messages: row.messages } : row.latest;
        expect(ask(-1)).toEqual(expected);
      }
    }
    tally.equal++;
  });

  it('tells how many verdicts are equal, messages and all', () => {
    console.log(`compat.ndjson: ${JSON.stringify(verdicts)}`);
    expect(rows.length).toBe(1879);
  });
});

/** As a verbose answer shows it: a candidate that does not parse is incompatible. */
function answerOf(verdict: ReturnType<typeof testCompatibility>): object {
  if (!isRefusal(verdict)) return { is_compatible: verdict.isCompatible, messages: verdict.messages };
  return verdict.errorCode === 42201
    ? { is_compatible: false, messages: [verdict.refusal] }
    : { status: verdict.status };
}

interface CanonicalRow {
  readonly case: string;
  readonly schemaType: SchemaType;
  readonly input: string;
  readonly references?: readonly Reference[];
  readonly refs?: readonly (SentSchema & { readonly subject: string })[];
  readonly normalize?: boolean;
  readonly status: number;
  readonly stored?: string;
  readonly guid?: string;
  readonly storedReferences?: readonly Reference[];
  readonly error?: { readonly error_code: number; readonly message: string };
}

describe('canonical.ndjson', () => {
  const rows = readLines<CanonicalRow>(fixture('canonical.ndjson'));

  it.each(rows.map((row) => ({ ...row, how: row.normalize ? 'normalised' : 'plain' })))('$case $how', (row) => {
    const state = stateAtNone();
    for (const ref of row.refs ?? []) {
      expect(register(state, ref.subject, { schemaType: row.schemaType, ...ref })).not.toHaveProperty('refusal');
    }
    const { schemaType, input: schema, references = [] } = row;
    const answer = register(state, 'S', { schema, schemaType, references }, row.normalize === true);
    if (row.error !== undefined) {
      expect(answer).toEqual({
        ...(isRefusal(answer) && answer.detail !== undefined ? { detail: answer.detail } : {}),
        status: row.status,
        errorCode: row.error.error_code,
        refusal: expect.stringMatching(patternOf(row.error.message)),
      });
      return;
    }
    const stored = findRow(state, 'S', 1);
    expect({ text: stored?.schema, guid: stored?.guid }).toEqual({ text: row.stored, guid: row.guid });
    if (row.storedReferences !== undefined) expect(stored?.references).toEqual(row.storedReferences);
  });
});

/** A message, but for the number of a placeholder that Confluent counts up in a process. */
function patternOf(message: string): RegExp {
  const literal = message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replace(/(UnresolvedSchema_)\d+$/, '$1\\d+')}$`);
}

const folder = process.env['SRGIT_REAL_SCHEMAS'] ?? resolve(import.meta.dirname, '../../../shared/data/real-schemas');
const absent = !existsSync(resolve(folder, 'real-registry.ndjson'));
if (absent) console.log(`skipped: no real schemas in ${folder}; set SRGIT_REAL_SCHEMAS to their folder`);

interface RealRow extends SentSchema {
  readonly subject: string;
  readonly version?: number;
  readonly observed?: { readonly status: number; readonly error_code: number };
}

interface ObservedRow {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly guid: string;
  readonly schema: string;
  readonly references?: readonly Reference[];
}

it.skipIf(absent)('real-registry.ndjson in order gives observed-state.ndjson, and its refusals', () => {
  const state = stateAtNone();
  const wrong: string[] = [];
  let refused = 0;
  for (const row of readLines<RealRow>(resolve(folder, 'real-registry.ndjson'))) {
    const answer = register(state, row.subject, row);
    if (isRefusal(answer)) refused++;
    const got = isRefusal(answer) ? answer.errorCode : answer.version;
    const expected = row.observed === undefined ? row.version : row.observed.error_code;
    if (got !== expected) wrong.push(`${row.subject} ${row.version ?? ''}: ${got}, not ${expected}`);
  }
  const observed = readLines<ObservedRow>(resolve(folder, 'observed-state.ndjson'));
  for (const { subject, version, id, guid, schema, references = [] } of observed) {
    const row = findRow(state, subject, version);
    const got = row && { id: row.id, guid: row.guid, schema: row.schema, references: row.references };
    if (JSON.stringify(got) !== JSON.stringify({ id, guid, schema, references })) {
      wrong.push(`${subject} ${version} is stored otherwise`);
    }
  }
  console.log(
    `real schemas: ${observed.length} rows stored, ${refused} refused, ${wrong.length} otherwise than observed`,
  );
  expect(wrong).toEqual([]);
  expect([observed.length, refused]).toEqual([535, 49]);
});

it('registers schemas that each refer to the two before them, however many', () => {
  for (const schemaType of ['AVRO', 'JSON', 'PROTOBUF'] as const) {
    const state = stateAtNone();
    for (let n = 0; n < 60; n++) {
      const before = [n - 1, n - 2].filter((one) => one >= 0);
      const nameOf = (one: number): string => (schemaType === 'AVRO' ? `T${one}` : `t${one}`);
      const references = before.map((one) => ({ name: nameOf(one), subject: `s${one}`, version: 1 }));
      const answer = register(state, `s${n}`, { schemaType, schema: diamondText(schemaType, n, before), references });
      expect(answer).not.toHaveProperty('refusal');
    }
  }
});

function diamondText(schemaType: SchemaType, n: number, before: readonly number[]): string {
  if (schemaType === 'AVRO') {
    const fields = before.map((one) => ({ name: `f${one}`, type: `T${one}` }));
    return JSON.stringify({ type: 'record', name: `T${n}`, fields });
  }
  if (schemaType === 'JSON') {
    return JSON.stringify({ title: `t${n}`, allOf: before.map((one) => ({ $ref: `t${one}` })) });
  }
  const imports = before.map((one) => `import "t${one}";\n`).join('');
  const fields = before.map((one, at) => `  T${one} f${one} = ${at + 1};\n`).join('');
  return `syntax = "proto3";\n${imports}\nmessage T${n} {\n${fields}}\n`;
}
