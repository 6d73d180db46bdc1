/** Rows of an import beside those of the tree that it goes into, by the names that both go by. */
import type { ImportedVersion } from '../../archive/import/imported.ts';
import type { RegistrySnapshot } from '../../model/registry-snapshot.ts';
import type { Reference, SchemaVersion } from '../../model/schema-version.ts';
import { formatSubjectName } from '../../model/subject-name.ts';
import { computeGuid } from '../../semantics/guid.ts';
import type { PendingVersion } from '../../tree/pending-version.ts';

/** A version that has its number. */
export interface NumberedVersion extends ImportedVersion {
  readonly version: number;
  /** Qualified. */
  readonly name: string;
  /** The source has no number for it. */
  readonly isNext: boolean;
}

export interface RegisteredVersion extends NumberedVersion {
  readonly id: number;
  readonly guid: string;
  readonly references: readonly Reference[];
}

export function isRegisteredVersion(row: NumberedVersion): row is RegisteredVersion {
  return row.id !== undefined;
}

export function withGuid(row: NumberedVersion): NumberedVersion {
  if (row.id === undefined) return row;
  const { references = [], guid } = row;
  const { schema, metadata, ruleSet } = row;
  return { ...row, schema, references, guid: guid ?? computeGuid({ schema, references, metadata, ruleSet }) };
}

export function toSchemaVersion(row: RegisteredVersion): SchemaVersion {
  const { version, id, guid, schemaType, schema, references, metadata, ruleSet, registeredAt } = row;
  return {
    version,
    id,
    guid,
    schemaType,
    schema,
    references,
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet }),
    deleted: row.deleted ?? false,
    ...(registeredAt === undefined ? {} : { registeredAt }),
  };
}

export function toPending({
  context,
  subject,
  version,
  schemaType,
  schema,
  references,
  place,
}: NumberedVersion): PendingVersion {
  return {
    context,
    subject,
    version,
    schemaType,
    schema,
    ...(references === undefined ? {} : { references }),
    file: place,
  };
}

export function rowKey(name: string, version: number): string {
  return `${version} ${name}`;
}

/** Registered rows of a snapshot by their key. */
export function indexSnapshot(snapshot: RegistrySnapshot): ReadonlyMap<string, SchemaVersion> {
  const rows = new Map<string, SchemaVersion>();
  for (const { name: context, subjects } of snapshot.contexts) {
    for (const { name, versions } of subjects) {
      for (const row of versions) rows.set(rowKey(formatSubjectName({ context, subject: name }), row.version), row);
    }
  }
  return rows;
}
