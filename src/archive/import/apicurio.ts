/**
 * An archive of Apicurio as a registry's rows, as its Confluent-compatible API shows them: an artifact is a subject, a content id the
 * schema id, a disabled version a soft-deleted one. Groups other than the default one become contexts: an artifact's name is unique
 * in its group only.
 */

import type { LevelSettings } from '../../model/registry-snapshot.ts';
import { isSchemaType, type Reference } from '../../model/schema-version.ts';
import { contextSubject, DEFAULT_CONTEXT, formatSubjectName } from '../../model/subject-name.ts';
import {
  type ApicurioContent,
  type ApicurioEntities,
  type ApicurioReference,
  type ApicurioVersion,
  artifactKey,
  DEFAULT_GROUP,
  type ReadEntitiesOptions,
  readApicurioEntities,
} from './apicurio-entities.ts';
import type { ImportedSource, ImportedVersion, SourceNote } from './imported.ts';

export interface ReadApicurioOptions extends ReadEntitiesOptions {
  /** Which of Apicurio's ids the records have: its serializers and the ccompat API use contents' ids unless told otherwise. */
  readonly ids: 'content' | 'global';
}

const MAX_VERSION = 2 ** 31 - 1;

/** @throws SrgitError SRGIT_ARCHIVE_MISSING, SRGIT_ARCHIVE_INVALID */
export async function readApicurioArchive(file: string, options: ReadApicurioOptions): Promise<ImportedSource> {
  const entities = await readApicurioEntities(file, options);
  return new Reader(entities, options.ids).read();
}

class Reader {
  readonly #entities: ApicurioEntities;
  readonly #ids: 'content' | 'global';
  readonly #faults: SourceNote[];
  readonly #leftOut: SourceNote[] = [];
  /** By `artifactKey`, Apicurio's version to the registry's number. */
  readonly #numbers = new Map<string, ReadonlyMap<string, number>>();
  readonly #contents = new Map<number, ApicurioContent>();

  constructor(entities: ApicurioEntities, ids: 'content' | 'global') {
    this.#entities = entities;
    this.#ids = ids;
    this.#faults = [...entities.faults];
  }

  read(): ImportedSource {
    const { systemVersion, systemName, contents, versions, others } = this.#entities;
    for (const content of contents) {
      if (this.#contents.has(content.contentId))
        this.#fault(content.place, `contentId ${content.contentId} is there twice`);
      else this.#contents.set(content.contentId, content);
    }
    const byArtifact = Map.groupBy(versions, ({ group, artifact }) => artifactKey(group, artifact));
    for (const [key, all] of byArtifact) this.#numbers.set(key, numberVersions(all));
    const rows = versions.flatMap((version) => this.#row(version) ?? []);
    const settings = this.#settings();
    for (const [kind, count] of others) {
      this.#leftOut.push({ place: `${kind}.json (${count})`, why: 'a schema registry has nothing of this kind' });
    }
    const groups = new Set(rows.map(({ context }) => context).filter((context) => context !== DEFAULT_CONTEXT));
    // Its exporter of Confluent's registries writes Confluent's ids as those of contents.
    const isApicurio = systemName === undefined || !/confluent/i.test(systemName);
    return {
      registry: {
        kind: isApicurio ? 'apicurio' : 'unknown',
        ...(systemVersion === undefined || !isApicurio ? {} : { version: systemVersion }),
      },
      versions: rows,
      settings,
      faults: this.#faults,
      leftOut: this.#leftOut,
      warnings: [
        ...(groups.size === 0
          ? []
          : [`groups other than the default one became contexts: ${[...groups].sort().slice(0, 10).join(', ')}`]),
        ...(this.#ids === 'global' && rows.some(({ id }) => id === undefined)
          ? ['versions without a global id have none now: they count as added by hand']
          : []),
      ],
    };
  }

  #row(version: ApicurioVersion): ImportedVersion | undefined {
    const { group, artifact, place, state, contentId, createdOn } = version;
    const content = this.#contents.get(contentId);
    if (content === undefined) return this.#fault(place, `its content ${contentId} is not in the archive`);
    const type = version.type ?? this.#entities.types.get(artifactKey(group, artifact)) ?? content.type ?? 'AVRO';
    if (!isSchemaType(type)) return this.#leave(place, `its type is ${type}`);
    if (state === 'DRAFT') return this.#leave(place, 'it is a draft: the registry answers nobody with it');
    if (!this.#entities.texts.has(content.data)) return this.#fault(place, `${content.data} is not in the archive`);
    const schema = this.#entities.texts.get(content.data);
    if (schema === undefined) return this.#fault(place, `${content.data} is no text in UTF-8`);
    const number = this.#numbers.get(artifactKey(group, artifact))?.get(version.version);
    if (number === undefined) return this.#fault(place, `its version ${version.version} cannot be numbered`);
    const references = content.references.map((reference) => this.#reference(reference, group));
    const broken = references.indexOf(undefined);
    if (broken >= 0) {
      const { artifact: name, version: wanted } = content.references[broken] ?? { artifact: '', version: '' };
      return this.#fault(place, `it refers to ${name} version ${wanted}, which is not in the archive`);
    }
    const id = this.#ids === 'content' ? contentId : version.globalId;
    return {
      context: contextOf(group),
      subject: artifact,
      version: number,
      ...(id >= 0 ? { id } : {}),
      schemaType: type,
      schema,
      references: references.flatMap((reference) => reference ?? []),
      ...(state === 'DISABLED' ? { deleted: true } : {}),
      ...(createdOn > 0 ? { registeredAt: createdOn } : {}),
      place,
    };
  }

  #reference({ group, artifact, version, name }: ApicurioReference, home: string): Reference | undefined {
    const number = this.#numbers.get(artifactKey(group, artifact))?.get(version);
    if (number === undefined) return undefined;
    const context = contextOf(group);
    const subject = group === home ? artifact : `:${context}:${artifact}`;
    return { name, subject, version: number };
  }

  /** The level alone: a registry has no other rule. */
  #settings(): ReadonlyMap<string, LevelSettings> {
    const settings = new Map<string, LevelSettings>();
    for (const { level, group, artifact, type, configuration, place } of this.#entities.rules) {
      if (type !== 'COMPATIBILITY') {
        this.#leave(place, `a registry has no rule ${type}`);
        continue;
      }
      const context = contextOf(group);
      const where =
        level === 'global'
          ? ''
          : level === 'artifact'
            ? formatSubjectName({ context, subject: artifact })
            : context === DEFAULT_CONTEXT
              ? ''
              : contextSubject(context);
      settings.set(where, { config: { compatibility: configuration, fields: {} } });
    }
    return settings;
  }

  #fault(place: string, why: string): undefined {
    this.#faults.push({ place, why });
    return undefined;
  }

  #leave(place: string, why: string): undefined {
    this.#leftOut.push({ place, why });
    return undefined;
  }
}

/**
 * Numbers as the registry shows them: the names of versions where all are numbers, else their order (3.x `versionOrder`, 2.x
 * `versionId`), else the order of their names.
 */
function numberVersions(versions: readonly ApicurioVersion[]): ReadonlyMap<string, number> {
  const isNumber = ({ version }: ApicurioVersion): boolean =>
    /^[1-9]\d{0,9}$/.test(version) && Number(version) <= MAX_VERSION;
  if (versions.every(isNumber)) return new Map(versions.map(({ version }) => [version, Number(version)]));
  const orders = new Set(versions.map(({ order }) => order));
  const isOrdered = orders.size === versions.length && versions.every(({ order }) => order > 0 && order <= MAX_VERSION);
  if (isOrdered) return new Map(versions.map(({ version, order }) => [version, order]));
  const names = versions.map(({ version }) => version).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return new Map(names.map((name, at) => [name, at + 1]));
}

function contextOf(group: string): string {
  // A context's name ends at a colon.
  return group === DEFAULT_GROUP ? DEFAULT_CONTEXT : `.${group.replaceAll(':', '_')}`;
}
