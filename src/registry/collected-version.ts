/** A row as it was read, whose text is fetched from where the snapshot holds it when somebody asks. */
import type { Metadata, Reference, RuleSet, SchemaType, SchemaVersion } from '../model/schema-version.ts';
import type { HeldText, TextSpill } from './text-spill.ts';

export class CollectedVersion implements SchemaVersion {
  readonly version: number;
  readonly id: number;
  readonly guid: string;
  readonly schemaType: SchemaType;
  readonly references: readonly Reference[];
  declare readonly metadata?: Metadata;
  declare readonly ruleSet?: RuleSet;
  declare readonly registeredAt?: number;
  readonly deleted: boolean;
  readonly #text: HeldText;

  private constructor(row: Omit<SchemaVersion, 'schema'>, text: HeldText) {
    this.version = row.version;
    this.id = row.id;
    this.guid = row.guid;
    this.schemaType = row.schemaType;
    this.references = row.references;
    if (row.metadata !== undefined) this.metadata = row.metadata;
    if (row.ruleSet !== undefined) this.ruleSet = row.ruleSet;
    if (row.registeredAt !== undefined) this.registeredAt = row.registeredAt;
    this.deleted = row.deleted;
    this.#text = text;
  }

  static hold(row: SchemaVersion, texts: TextSpill): CollectedVersion {
    return new CollectedVersion(row, texts.hold(row.schema));
  }

  get schema(): string {
    return this.#text.read();
  }

  get sha256(): string {
    return this.#text.sha256;
  }

  withDeleted(deleted: boolean): CollectedVersion {
    if (deleted === this.deleted) return this;
    const { version, id, guid, schemaType, references, metadata, ruleSet, registeredAt } = this;
    return new CollectedVersion(
      {
        version,
        id,
        guid,
        schemaType,
        references,
        ...(metadata === undefined ? {} : { metadata }),
        ...(ruleSet === undefined ? {} : { ruleSet }),
        ...(registeredAt === undefined ? {} : { registeredAt }),
        deleted,
      },
      this.#text,
    );
  }
}
