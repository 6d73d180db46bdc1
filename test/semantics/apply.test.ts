/** Records whose effect depends on their place in the log. */
import { describe, expect, it } from 'vitest';
import { applyRecords } from '../../src/semantics/apply.ts';
import { listRows, listVersions } from '../../src/semantics/listing.ts';
import type { RegistryRecord } from '../../src/semantics/records.ts';
import { createState, findRow, type RegistryState } from '../../src/semantics/state.ts';

function schema(subject: string, version: number, more: { deleted?: boolean; md5?: string } = {}): RegistryRecord {
  const text = `"v${version}"`;
  const value = {
    subject,
    version,
    id: version,
    schemaType: 'AVRO',
    references: [],
    schema: text,
    deleted: false,
  } as const;
  return { key: { keytype: 'SCHEMA', subject, version }, value: { ...value, ...more } };
}

function stateOf(...records: readonly RegistryRecord[]): RegistryState {
  const state = createState();
  applyRecords(state, records);
  return state;
}

const versions = (state: RegistryState, subject: string) => listVersions(state, subject, 'all', true);

describe('DELETE_SUBJECT', () => {
  const deleteUpTo = (version: number): RegistryRecord => ({
    key: { keytype: 'DELETE_SUBJECT', subject: 's' },
    value: { subject: 's', version },
  });

  it('deletes the versions up to its number that are there, and no later ones', () => {
    const state = stateOf(schema('s', 1), schema('s', 2), schema('s', 3), deleteUpTo(2), schema('s', 4));
    expect(versions(state, 's')).toEqual([-1, -2, 3, 4]);
  });

  it('leaves a version below the first, and other subjects than that of its value', () => {
    const key = { keytype: 'DELETE_SUBJECT', subject: 'a' } as const;
    const state = stateOf(schema('a', 1), schema('s', 0), schema('s', 1), { key, value: { subject: 's', version: 1 } });
    expect([versions(state, 'a'), versions(state, 's')]).toEqual([[1], [0, -1]]);
  });

  it('does not touch a version written after it', () => {
    expect(versions(stateOf(schema('s', 2), deleteUpTo(5), schema('s', 2), schema('s', 3)), 's')).toEqual([2, 3]);
  });
});

describe('CLEAR_SUBJECT', () => {
  const clear = (subject?: string): RegistryRecord => ({
    key: { keytype: 'CLEAR_SUBJECT', subject: 'the key does not matter' },
    value: subject === undefined ? {} : { subject },
  });
  const everything = { prefix: ':*:', includeDeleted: true, latestOnly: false };
  const left = (record: RegistryRecord) => {
    const deleted = { deleted: true };
    const names = ['s', ':.x:s', ':.y:s'];
    const state = stateOf(...names.map((name) => schema(name, 1, deleted)), schema(':.x:t', 1), record);
    return listRows(state, everything).map((row) => row.subject);
  };

  it('drops the soft-deleted versions in its scope', () => {
    expect(left(clear('s'))).toEqual([':.x:s', ':.x:t', ':.y:s']);
    expect(left(clear(':.x:'))).toEqual([':.x:t', ':.y:s', 's']);
    expect(left(clear())).toEqual([':.x:t']);
    expect(left(clear(':.__GLOBAL:'))).toEqual([':.x:t']);
  });
});

describe('the stored hash of a SCHEMA record', () => {
  it('is its guid when it is well-formed, and left out of account when it is not', () => {
    const guid = (md5: string) => findRow(stateOf(schema('s', 1, { md5 })), 's', 1)?.guid;
    expect(guid('ntOPF9gWiDC9UdSR70xtJg==')).toBe('9ed38f17-d816-8830-bd51-d491ef4c6d26');
    expect(guid('bm90IHNpeHRlZW4=')).toBe(findRow(stateOf(schema('s', 1)), 's', 1)?.guid);
  });
});
