/** A `_schemas` topic in a file (Karapace's backups, kcat's lines, what a console consumer printed) as an import's source. */
import { basename } from 'node:path';
import { readConsoleDump } from '../../archive/import/console-dump.ts';
import type { ImportedSource, SourceNote } from '../../archive/import/imported.ts';
import { openKarapaceBackup } from '../../archive/karapace/open-karapace.ts';
import { openArchiveAt } from '../../archive/open-archive.ts';
import { SrgitError } from '../../errors.ts';
import type { RegistryKind } from '../../model/registry-snapshot.ts';
import { isSchemaType } from '../../model/schema-version.ts';
import { givenIds } from '../../semantics/known-ids.ts';
import { snapshotFromState } from '../../semantics/snapshot-state.ts';
import { TOPIC_FINDINGS, type TopicFinding } from '../../semantics/topic/findings.ts';
import { type ReducedTopic, TopicReducer } from '../../semantics/topic/reduce-topic.ts';
import { itemsOf, SCHEMAS_TOPIC } from '../topic/topic-source.ts';
import { sourceOfSnapshot } from './from-snapshot.ts';
import type { SourceOptions } from './source-options.ts';

/** @throws SrgitError SRGIT_ARCHIVE_MISSING, SRGIT_ARCHIVE_INVALID */
export async function readConsoleTopic(file: string, options: SourceOptions): Promise<ImportedSource> {
  const { emptyValues, keySeparator, signal } = options;
  const { records, faults } = await readConsoleDump(file, separatorOf(keySeparator), signal);
  const reducer = new TopicReducer(emptyValues === undefined ? {} : { emptyValues });
  for (const record of records) reducer.add(record);
  return sourceOfTopic(reducer.reduced(), { kind: 'unknown', faults, placeOf: (offset) => `line ${offset}` });
}

/** `\t` and `\x01` are what a shell cannot say easily. Bytes as characters, as the dump is read. */
function separatorOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const plain = text
    .replaceAll('\\t', '\t')
    .replace(/\\x([0-9a-fA-F]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
  return Buffer.from(plain, 'utf8').toString('latin1');
}

/** @throws SrgitError SRGIT_ARCHIVE_MISSING, SRGIT_ARCHIVE_INVALID */
export async function readKarapaceTopic(file: string, options: SourceOptions): Promise<ImportedSource> {
  const { signal, emptyValues = 'tombstone' } = options;
  const backup = await openKarapaceBackup(file, signal);
  // Whoever deletes with empty values is Karapace; that its backups are of it need not be guessed.
  const reducer = new TopicReducer({ emptyValues });
  for await (const record of backup.records()) reducer.add(record);
  // Only the third format has offsets of its own; the others are counted.
  const what = backup.version === 3 ? 'offset' : 'record';
  return sourceOfTopic(reducer.reduced(), { kind: 'karapace', faults: [], placeOf: (offset) => `${what} ${offset}` });
}

/** @throws SrgitError SRGIT_STORAGE_*, SRGIT_ARCHIVE_* */
export async function readKcatTopic(file: string, options: SourceOptions): Promise<ImportedSource> {
  const { signal, emptyValues, onProgress } = options;
  // All that it has to say: that the file ends inside a line.
  const said: string[] = [];
  const archive = await openArchiveAt(file, { kind: 'kcat', onWarning: (text) => said.push(text), signal });
  try {
    const topics = await archive.topics(signal);
    const chosen = topics.find(({ name }) => name === SCHEMAS_TOPIC) ?? (topics.length === 1 ? topics[0] : undefined);
    if (chosen === undefined) {
      throw new SrgitError('SRGIT_ARCHIVE_INVALID', `${file} has no records of a topic ${SCHEMAS_TOPIC}`, {
        hint: 'Give kcat -J of that topic alone.',
      });
    }
    const reducer = new TopicReducer(emptyValues === undefined ? {} : { emptyValues });
    let done = 0;
    for await (const item of itemsOf(archive.read(chosen.name, 0, { skipDamaged: true, signal }))) {
      if (item.kind === 'damage') reducer.addDamage(item.firstOffset, item.detail);
      else reducer.add(item.record);
      if (++done % 1000 === 0) onProgress?.({ phase: `reading ${chosen.name}`, done });
    }
    const faults = said.map((why) => ({ place: basename(file), why }));
    return sourceOfTopic(reducer.reduced(), { kind: 'unknown', faults, placeOf: (offset) => `offset ${offset}` });
  } finally {
    await archive.close();
  }
}

interface TopicDetails {
  readonly kind: RegistryKind;
  /** What could not even be read as records. */
  readonly faults: readonly SourceNote[];
  readonly placeOf: (offset: bigint) => string;
}

function sourceOfTopic(reduced: ReducedTopic, { kind, faults, placeOf }: TopicDetails): ImportedSource {
  const { state, findings } = reduced;
  const { versions, ...source } = sourceOfSnapshot(snapshotFromState(state, { kind }));
  const leftOut: SourceNote[] = [];
  const kept = versions.flatMap(({ registeredAt = 0, ...row }) => {
    const fits = isSchemaType(row.schemaType) && (row.version ?? 0) > 0;
    if (!fits) leftOut.push({ place: row.place, why: `a tree has no place for it: type ${row.schemaType}` });
    // Formats without times have the beginning of the epoch.
    return fits ? [{ ...row, ...(registeredAt > 0 ? { registeredAt } : {}) }] : [];
  });
  const records = findings.filter(({ offset }) => offset !== undefined);
  const noteOf = (finding: TopicFinding): SourceNote => ({
    place: finding.offset === undefined ? (finding.subject ?? '') : placeOf(finding.offset),
    why: `${TOPIC_FINDINGS[finding.code].cause}${finding.detail === undefined ? '' : ` (${finding.detail})`}`,
  });
  const isLoss = ({ effect, code }: TopicFinding): boolean =>
    (effect === 'stops' || effect === 'lost') && code !== 'TENANT_OTHER';
  const misleading = records.filter(({ effect, code }) => effect === 'misleads' && code !== 'VALUE_EMPTY');
  return {
    ...source,
    versions: kept,
    ...givenIds(state, kept),
    lacksTimes: kept.every(({ registeredAt }) => registeredAt === undefined),
    faults: [...faults, ...records.filter(isLoss).map(noteOf)],
    leftOut,
    warnings: misleading.map((finding) => {
      const { place, why } = noteOf(finding);
      return `${place}: ${why}`;
    }),
  };
}
