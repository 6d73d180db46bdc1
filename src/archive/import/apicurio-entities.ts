/**
 * The entities of an archive that Apicurio exports, of 2.x (exportVersion 1.0 and 2.0) and 3.x: told by the last but one part of a
 * file's name, as its own import does (observed; see plan/apicurio/archive-entries.ts). A content's bytes are beside it, in `.data`.
 */
import { isUtf8 } from 'node:buffer';
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts';
import type { SourceNote } from './imported.ts';
import { readZip } from './read-zip.ts';

export interface ApicurioContent {
  readonly contentId: number;
  readonly type?: string;
  readonly references: readonly ApicurioReference[];
  readonly place: string;
  /** Path of its bytes. */
  readonly data: string;
}

export interface ApicurioReference {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
  readonly name: string;
}

export interface ApicurioVersion {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
  /** Place among the artifact's versions, from 1; 0 or absent where it is not told. */
  readonly order: number;
  readonly globalId: number;
  readonly contentId: number;
  readonly type?: string;
  readonly state: string;
  readonly createdOn: number;
  readonly place: string;
}

export interface ApicurioRule {
  readonly level: 'global' | 'group' | 'artifact';
  readonly group: string;
  readonly artifact: string;
  readonly type: string;
  readonly configuration: string;
  readonly place: string;
}

export interface ApicurioEntities {
  readonly systemVersion?: string;
  readonly systemName?: string;
  readonly contents: readonly ApicurioContent[];
  readonly versions: readonly ApicurioVersion[];
  /** Type by `group\0artifact`, as 3.x has it. */
  readonly types: ReadonlyMap<string, string>;
  readonly rules: readonly ApicurioRule[];
  /** Text by path; undefined where it is no UTF-8. */
  readonly texts: ReadonlyMap<string, string | undefined>;
  readonly faults: readonly SourceNote[];
  /** How many of each kind are not taken. */
  readonly others: ReadonlyMap<string, number>;
}

/** Group under which nothing says a group. */
export const DEFAULT_GROUP = 'default';

const DATA = '.Content.data';

export function artifactKey(group: string, artifact: string): string {
  return `${group}\u0000${artifact}`;
}

export interface ReadEntitiesOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEntry?: ((done: number, total: number) => void) | undefined;
}

/** @throws SrgitError SRGIT_ARCHIVE_MISSING, SRGIT_ARCHIVE_INVALID */
export async function readApicurioEntities(file: string, options: ReadEntitiesOptions = {}): Promise<ApicurioEntities> {
  const draft = new Draft();
  const wants = (path: string): boolean => path.endsWith(DATA) || kindOf(path) !== undefined;
  for await (const { path, bytes } of readZip(file, { ...options, wants })) {
    if (path.endsWith(DATA)) draft.texts.set(path, isUtf8(bytes) ? bytes.toString('utf8') : undefined);
    else draft.add(path, bytes);
  }
  return draft;
}

/** `Content` of `content/x.Content.json`. */
function kindOf(path: string): string | undefined {
  return /(?:^|[./])([A-Za-z]+)\.json$/.exec(path)?.[1];
}

class Draft implements ApicurioEntities {
  systemVersion?: string;
  systemName?: string;
  readonly contents: ApicurioContent[] = [];
  readonly versions: ApicurioVersion[] = [];
  readonly types = new Map<string, string>();
  readonly rules: ApicurioRule[] = [];
  readonly texts = new Map<string, string | undefined>();
  readonly faults: SourceNote[] = [];
  readonly others = new Map<string, number>();

  add(path: string, bytes: Buffer): void {
    const kind = kindOf(path) ?? '';
    const json = parseJson(bytes);
    if (!isJsonObject(json)) {
      this.faults.push({ place: path, why: 'it is no JSON object' });
      return;
    }
    switch (kind) {
      case 'Manifest':
        if (typeof json['systemVersion'] === 'string') this.systemVersion = json['systemVersion'];
        if (typeof json['systemName'] === 'string') this.systemName = json['systemName'];
        break;
      case 'Content':
        this.#addContent(path, json);
        break;
      case 'ArtifactVersion':
        this.#addVersion(path, json);
        break;
      case 'Artifact':
        if (typeof json['artifactId'] === 'string' && typeof json['artifactType'] === 'string') {
          this.types.set(artifactKey(groupOf(json), json['artifactId']), json['artifactType']);
        }
        break;
      case 'GlobalRule':
      case 'GroupRule':
      case 'ArtifactRule':
        this.#addRule(path, json, kind);
        break;
      // They say nothing that a schema registry knows: the latest version is the highest.
      case 'Group':
      case 'Branch':
        break;
      default:
        this.others.set(kind, (this.others.get(kind) ?? 0) + 1);
    }
  }

  #addContent(path: string, json: JsonObject): void {
    const { contentId, artifactType, serializedReferences } = json;
    const references = readReferences(serializedReferences);
    if (!isInteger(contentId) || references === undefined) {
      this.faults.push({ place: path, why: 'its contentId or its references cannot be read' });
      return;
    }
    this.contents.push({
      contentId,
      ...(typeof artifactType === 'string' ? { type: artifactType } : {}),
      references,
      place: path,
      data: path.replace(/\.json$/, '.data'),
    });
  }

  #addVersion(path: string, json: JsonObject): void {
    const { artifactId, version, versionOrder, versionId, globalId, contentId, artifactType, state, createdOn } = json;
    if (typeof artifactId !== 'string' || typeof version !== 'string' || !isInteger(contentId)) {
      this.faults.push({ place: path, why: 'its artifactId, version or contentId cannot be read' });
      return;
    }
    const order = isInteger(versionOrder) ? versionOrder : versionId;
    this.versions.push({
      group: groupOf(json),
      artifact: artifactId,
      version,
      order: isInteger(order) ? order : 0,
      globalId: isInteger(globalId) ? globalId : -1,
      contentId,
      ...(typeof artifactType === 'string' ? { type: artifactType } : {}),
      state: typeof state === 'string' ? state : 'ENABLED',
      createdOn: isInteger(createdOn) ? createdOn : 0,
      place: path,
    });
  }

  #addRule(path: string, json: JsonObject, kind: 'GlobalRule' | 'GroupRule' | 'ArtifactRule'): void {
    const type = json['ruleType'] ?? json['type'];
    const { configuration, artifactId } = json;
    if (typeof type !== 'string' || typeof configuration !== 'string') {
      this.faults.push({ place: path, why: 'its type or its configuration cannot be read' });
      return;
    }
    const level = kind === 'GlobalRule' ? 'global' : kind === 'GroupRule' ? 'group' : 'artifact';
    const artifact = typeof artifactId === 'string' ? artifactId : '';
    this.rules.push({ level, group: groupOf(json), artifact, type, configuration, place: path });
  }
}

function groupOf({ groupId }: JsonObject): string {
  return typeof groupId === 'string' && groupId !== '' ? groupId : DEFAULT_GROUP;
}

function readReferences(value: JsonValue | undefined): readonly ApicurioReference[] | undefined {
  if (value === undefined || value === null || value === '') return [];
  const list = typeof value === 'string' ? parseJson(Buffer.from(value)) : value;
  if (!Array.isArray(list)) return undefined;
  const references: ApicurioReference[] = [];
  for (const item of list as readonly JsonValue[]) {
    if (!isJsonObject(item)) return undefined;
    const { artifactId, version, name } = item;
    if (typeof artifactId !== 'string' || typeof version !== 'string' || typeof name !== 'string') return undefined;
    references.push({ group: groupOf(item), artifact: artifactId, version, name });
  }
  return references;
}

function parseJson(bytes: Buffer): JsonValue | undefined {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function isInteger(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}
