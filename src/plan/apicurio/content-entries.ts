/** The schemas of an archive: one content for each id, found by registrations through its hash. */
import type { Reference, SchemaType } from '../../model/schema-version.ts';
import { encodeText, sha256Of } from '../../model/text-bytes.ts';
import { type ArchiveEntry, type EntryOptions, json } from './archive-entry.ts';
import type { ArchiveRow } from './archive-rows.ts';
import type { ApicurioLayout } from './empty-registry.ts';
import { refersToItself } from './refers-to-itself.ts';

/** Ascending by id; the text of each comes right after what is said of it. */
export function* contentEntries(rows: readonly ArchiveRow[], { layout, textOf }: EntryOptions): Iterable<ArchiveEntry> {
  const byId = new Map<number, ArchiveRow>();
  for (const row of rows) if (!byId.has(row.id)) byId.set(row.id, row);
  const contents = [...byId.values()].sort((a, b) => a.id - b.id);
  const owners = findOwners(contents);
  for (const row of contents) {
    const references = serializeReferences(row.references);
    const isTwin = owners.get(contentKey(row)) !== row.id;
    const path = `content/${row.id}.Content`;
    const text = () => textOf(row.step);
    yield json(`${path}.json`, () => contentOf(row, text(), { references, isTwin, layout }));
    yield { path: `${path}.data`, content: () => encodeText(text()) };
  }
}

/**
 * Which id a registration of a content finds, by `contentKey`: both answer, but hashes are unique. That of the content as
 * it is comes before those that lost metadata.
 */
function findOwners(contents: readonly ArchiveRow[]): ReadonlyMap<string, number> {
  const owners = new Map<string, number>();
  for (const wanted of [true, false]) {
    for (const row of contents) {
      const key = contentKey(row);
      if (row.whole === wanted && !owners.has(key)) owners.set(key, row.id);
    }
  }
  return owners;
}

function contentKey({ step, references }: ArchiveRow): string {
  return `${step.sha256} ${serializeReferences(references) ?? ''}`;
}

interface ContentOptions {
  /** As they are stored. */
  readonly references: string | null;
  /** Another id has the same text and references. */
  readonly isTwin: boolean;
  readonly layout: ApicurioLayout;
}

function contentOf({ id, schemaType }: ArchiveRow, text: string, { references, isTwin, layout }: ContentOptions) {
  const contentHash = sha256Of(text + (references ?? '') + (isTwin ? `srgit:${id}` : ''));
  const overflows = layout === '2' && schemaType === 'AVRO' && refersToItself(text);
  return {
    contentId: id,
    canonicalHash: isTwin || overflows ? contentHash : null,
    contentHash,
    artifactType: schemaType,
    ...(layout === '3' ? { contentType: CONTENT_TYPES[schemaType] } : {}),
    serializedReferences: references,
  };
}

const CONTENT_TYPES: Readonly<Record<SchemaType, string>> = {
  AVRO: 'application/json',
  JSON: 'application/json',
  PROTOBUF: 'application/x-protobuf',
};

/** As Apicurio spells them: its hash of a content is over these bytes too (observed). */
function serializeReferences(references: readonly Reference[]): string | null {
  if (references.length === 0) return null;
  return JSON.stringify(
    references.map(({ name, subject, version }) => ({
      groupId: null,
      artifactId: subject,
      version: String(version),
      name,
    })),
  );
}
