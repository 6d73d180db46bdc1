/** Data that the tests read from outside the repository, or from fixtures, as typed rows. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Metadata, Reference, RuleSet, SchemaType } from '../../src/model/schema-version.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** Folder of other projects' schemas, never committed here; undefined where it is absent. */
export function realSchemasFolder(): string | undefined {
  const folder = process.env['SRGIT_REAL_SCHEMAS'] ?? join(ROOT, '../shared/data/real-schemas');
  return existsSync(folder) ? folder : undefined;
}

export const FIXTURES = join(ROOT, 'test/fixtures');

export function readLines<T>(file: string): T[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** A row as `GET /schemas` answers it. */
export interface ObservedRow {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly guid: string;
  readonly schemaType: SchemaType;
  readonly schema: string;
  readonly references?: readonly Reference[];
  readonly metadata?: Metadata;
  readonly ruleSet?: RuleSet;
  readonly ts?: number;
  readonly deleted: boolean;
}
