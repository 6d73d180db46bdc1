/** Random registries whose schemas are real ones of all three languages: what restores are tried with. */
import fc from 'fast-check';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import type { Reference, SchemaType } from '../../src/model/schema-version.ts';
import { parseSubjectName } from '../../src/model/subject-name.ts';
import { schemaLanguages } from '../../src/schema/schema-port.ts';
import { applyRecords } from '../../src/semantics/apply.ts';
import { decideDeleteConfig, decideUpdateConfig } from '../../src/semantics/config.ts';
import { type Decided, isRefusal, type Rules } from '../../src/semantics/decision.ts';
import { decideDeleteSubject, decideDeleteVersion } from '../../src/semantics/delete.ts';
import { decideDeleteMode, decideUpdateMode } from '../../src/semantics/mode.ts';
import { decideRegister } from '../../src/semantics/register.ts';
import { snapshotFromState } from '../../src/semantics/snapshot-state.ts';
import { createState, type RegistryState, type Row } from '../../src/semantics/state.ts';

type Command = (state: RegistryState, now: number) => Decided<unknown>;

/**
 * Confluent lets an import replace a version in use, under whatever refers to it: such a registry cannot be restored, and
 * the plan says so. Here it is refused.
 */
const SOUND: Rules = { strictConfluent: false };

const SUBJECTS = ['orders-value', 'a/b c', 'é%2F', 'carts', ':.x:orders-value', ':.x:carts', ':.y:only'] as const;
const subject = fc.constantFrom(...SUBJECTS);
const level = fc.constantFrom('', ...SUBJECTS, ':.x:', ':.y:', ':.__GLOBAL:');
const schemaType = fc.constantFrom<SchemaType>('AVRO', 'AVRO', 'JSON', 'PROTOBUF');

/** A schema by itself; numbers give the same text for the same content. */
function plainText(type: SchemaType, number: number): string {
  if (type === 'AVRO') return `{"type":"record","name":"R${number % 2}","doc":"${number}","fields":[]}`;
  if (type === 'JSON') return `{"type":"object","title":"${number}","properties":{"p":{"type":"string"}}}`;
  return `syntax = "proto3";\npackage p${number};\n\nmessage R {\n  string a${number} = 1;\n}\n`;
}

/** A schema that uses another one. */
function usingText(type: SchemaType, number: number, used: Row, name: string): string {
  if (type === 'AVRO') {
    return `{"type":"record","name":"U${number % 2}","doc":"${number}","fields":[{"name":"f","type":"${name}"}]}`;
  }
  if (type === 'JSON') return `{"type":"object","title":"${number}","properties":{"f":{"$ref":"${name}"}}}`;
  const inner = /package (\w+);/.exec(used.schema)?.[1] ?? 'p';
  return `syntax = "proto3";\npackage u${number};\n\nimport "${name}";\n\nmessage U {\n  .${inner}.R f = 1;\n}\n`;
}

function referenceName(used: Row, number: number): string {
  if (used.schemaType === 'AVRO') return /"name":"(\w+)"/.exec(used.schema)?.[1] ?? 'R';
  return used.schemaType === 'JSON' ? `r${number}.json` : `r${number}.proto`;
}

interface Registration {
  readonly subject: string;
  readonly schemaType: SchemaType;
  readonly number: number;
  readonly uses: number | undefined;
  readonly metadata: object | undefined;
  readonly id: number | undefined;
  readonly version: number | undefined;
}

const registration: fc.Arbitrary<Registration> = fc.record({
  subject,
  schemaType,
  number: fc.nat(7),
  uses: fc.option(fc.nat(20), { nil: undefined }),
  metadata: fc.constantFrom(undefined, undefined, {}, { properties: { k: 'v' } }, { tags: { t: ['a', 'b'] } }),
  id: fc.constantFrom(undefined, 1, 2, 3, 7, 40, 41, 1000),
  version: fc.constantFrom(undefined, 1, 2, 3, 5, 9),
});

function toCommand({ subject: name, number, uses, metadata, id, version, ...made }: Registration): Command {
  return (state, now) => {
    const home = parseSubjectName(name).context;
    const usable = [...state.subjects.values()].flatMap(({ rows }) =>
      rows.filter((row) => row.schemaType === made.schemaType && row.references.length === 0),
    );
    const used = uses === undefined || usable.length === 0 ? undefined : usable[uses % usable.length];
    const called = used && referenceName(used, number);
    const target = used && parseSubjectName(used.subject);
    // Relative where it can be: that is how clients send them.
    const references: readonly Reference[] =
      used && target && called !== undefined
        ? [{ name: called, subject: target.context === home ? target.subject : used.subject, version: used.version }]
        : [];
    const schema =
      used && called !== undefined
        ? usingText(made.schemaType, number, used, called)
        : plainText(made.schemaType, number);
    return decideRegister(
      state,
      {
        subject: name,
        schema,
        schemaType: made.schemaType,
        references,
        now,
        ...(metadata === undefined ? {} : { metadata }),
        ...(id === undefined ? {} : { id }),
        ...(version === undefined ? {} : { version }),
      },
      schemaLanguages,
      SOUND,
    );
  };
}

const importing = registration.map(toCommand);
/** Without the numbers that only imports may give. */
const posting = registration.map((made) => toCommand({ ...made, id: undefined, version: undefined }));

const remove: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ subject, permanent: fc.boolean() }).map(
    (command): Command =>
      (state, now) =>
        decideDeleteSubject(state, { ...command, now }, SOUND),
  ),
  fc.record({ subject, permanent: fc.boolean(), version: fc.constantFrom(1, 2, 3, 5) }).map(
    (command): Command =>
      (state, now) =>
        decideDeleteVersion(state, { ...command, now }, SOUND),
  ),
);

const settings: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ name: level, mode: fc.constantFrom('READWRITE', 'READONLY', 'IMPORT') }).map(
    (command): Command =>
      (state, now) =>
        decideUpdateMode(state, { ...command, force: true, now }, SOUND),
  ),
  fc
    .record({
      name: level,
      changes: fc.constantFrom(
        { compatibility: 'FULL' },
        { compatibility: 'NONE' },
        { compatibility: null, normalize: true },
        { normalize: true, compatibilityGroup: 'g' },
        { defaultMetadata: { properties: { d: '1' } }, compatibility: 'BACKWARD' },
        { overrideMetadata: { properties: { o: '1' } }, compatibility: 'NONE' },
      ),
    })
    .map(
      (command): Command =>
        (state, now) =>
          decideUpdateConfig(state, { ...command, now }, SOUND),
    ),
  level.map(
    (name): Command =>
      (state, now) =>
        decideDeleteConfig(state, { name, now }, SOUND),
  ),
);

const LEVELS = ['', ':.__GLOBAL:', ':.x:', ':.y:', ...SUBJECTS];

/** So that a mode set earlier does not refuse everything that follows. */
const open: readonly Command[] = LEVELS.map(
  (name) => (state, now) => decideDeleteMode(state, { name, recursive: false, now }, SOUND),
);
const toImport: readonly Command[] = ['', ':.x:', ':.y:'].map(
  (name) => (state, now) => decideUpdateMode(state, { name, mode: 'IMPORT', force: true, now }, SOUND),
);
const lax: Command = (state, now) =>
  decideUpdateConfig(state, { name: '', changes: { compatibility: 'NONE' }, now }, SOUND);

const part = (registering: fc.Arbitrary<Command>): fc.Arbitrary<readonly Command[]> =>
  fc.array(
    fc.oneof(
      { weight: 8, arbitrary: registering },
      { weight: 2, arbitrary: remove },
      { weight: 1, arbitrary: settings },
    ),
    { minLength: 4, maxLength: 12 },
  );

const history = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: part(posting).map((commands) => [...open, lax, ...commands]) },
      { weight: 2, arbitrary: part(importing).map((commands) => [...open, ...toImport, ...commands]) },
      { weight: 1, arbitrary: part(settings) },
    ),
    { minLength: 2, maxLength: 6 },
  )
  .map((parts) => parts.flat());

/**
 * What a strict registry holds after a random history. As it stores them, tags are sorted; a context that has lost all of
 * its versions is left out, since nothing can make one.
 */
export const randomRegistry: fc.Arbitrary<RegistrySnapshot> = history.map((commands) => {
  const state = createState();
  commands.forEach((command, at) => {
    const decided = command(state, 1_700_000_000_000 + at);
    if (!isRefusal(decided)) applyRecords(state, decided.records);
  });
  const snapshot = snapshotFromState(state, { kind: 'confluent', version: '8.3.1' });
  const contexts = snapshot.contexts.filter(
    ({ name, subjects }) => name === '.' || subjects.some(({ versions }) => versions.length > 0),
  );
  return { ...snapshot, contexts };
});
