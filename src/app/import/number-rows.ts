/** Gives every row its number, and finds rows that cannot stand beside each other. */
import type { ImportedVersion, SourceNote } from '../../archive/import/imported.ts';
import { DEFAULT_CONTEXT, formatSubjectName } from '../../model/subject-name.ts';
import { isValidSubject } from '../../semantics/names.ts';
import { type NumberedVersion, rowKey, withGuid } from './import-rows.ts';

const MAX_NUMBER = 2 ** 31 - 1;

export interface NumberedRows {
  readonly rows: readonly NumberedVersion[];
  readonly faults: readonly SourceNote[];
}

/** @param highest of a qualified subject in the tree, 0 for one that it has not. */
export function numberRows(versions: readonly ImportedVersion[], highest: (name: string) => number): NumberedRows {
  const faults: SourceNote[] = [];
  const last = new Map<string, number>();
  const byKey = new Map<string, NumberedVersion>();
  const byId = new Map<string, NumberedVersion>();
  const rows: NumberedVersion[] = [];
  const fault = (place: string, why: string): void => void faults.push({ place, why });
  for (const { context, subject, version = 0 } of versions) {
    const name = formatSubjectName({ context, subject });
    last.set(name, Math.max(last.get(name) ?? highest(name), version));
  }
  for (const version of versions) {
    const { context, subject, place, id } = version;
    const name = formatSubjectName({ context, subject });
    const isNext = version.version === undefined;
    const number = version.version ?? (last.get(name) ?? 0) + 1;
    if (!isValidSubject(name)) {
      fault(place, 'no registry takes the name of its subject');
      continue;
    }
    if (number < 1 || number > MAX_NUMBER) {
      fault(place, `${number} is no version`);
      continue;
    }
    if (id !== undefined && Math.abs(id) > MAX_NUMBER) {
      fault(place, `${id} is no id`);
      continue;
    }
    const row = withGuid({ ...version, schema: version.schema, version: number, name, isNext });
    const key = rowKey(name, number);
    const same = byKey.get(key);
    if (same !== undefined) {
      fault(place, `it is ${name} version ${number}, which ${same.place} is too`);
      continue;
    }
    const holder = id === undefined ? undefined : byId.get(`${id} ${context}`);
    if (holder !== undefined && (holder.guid !== row.guid || holder.schemaType !== row.schemaType)) {
      const where = context === DEFAULT_CONTEXT ? '' : ` in context ${context}`;
      fault(place, `its id ${id}${where} stands for another schema in ${holder.place}`);
      continue;
    }
    if (isNext) last.set(name, number);
    byKey.set(key, row);
    if (id !== undefined && holder === undefined) byId.set(`${id} ${context}`, row);
    rows.push(row);
  }
  return { rows, faults };
}
