/** Random command histories and carrying them out. */
import fc from 'fast-check';
import { type SchemaPort, schemaLanguages } from '../../src/schema/schema-port.ts';
import { applyRecords } from '../../src/semantics/apply.ts';
import { decideDeleteConfig, decideUpdateConfig } from '../../src/semantics/config.ts';
import { decideDeleteContext } from '../../src/semantics/contexts.ts';
import { type Decided, isRefusal, type Rules } from '../../src/semantics/decision.ts';
import { decideDeleteSubject, decideDeleteVersion } from '../../src/semantics/delete.ts';
import { decideDeleteMode, decideUpdateMode } from '../../src/semantics/mode.ts';
import type { RegistryRecord } from '../../src/semantics/records.ts';
import { decideRegister } from '../../src/semantics/register.ts';
import type { RegistryState } from '../../src/semantics/state.ts';

/** The languages with every schema able to follow every other: histories are to be about rows, not about fields. */
export const lenientLanguages: SchemaPort = {
  ...schemaLanguages,
  checkCompatibility: () => ({ isCompatible: true, reasons: [], messages: [], crashesConfluent: false }),
};

export type Command = (state: RegistryState, now: number, rules: Rules) => Decided<unknown>;

const subject = fc.constantFrom('a', 'b', 'c/d', ':.x:a', ':.x:b', ':.y:a', ':.x:');
const level = fc.constantFrom('', 'a', 'b', ':.x:', ':.x:a', ':.y:', ':.__GLOBAL:');
const schema = fc.integer({ min: 0, max: 5 }).map((n) => `{"type":"record","name":"R${n}","fields":[]}`);
const reference = fc.record({
  name: fc.constant('r'),
  subject: fc.constantFrom('a', 'b', ':.x:a'),
  version: fc.constantFrom(-1, 1, 2),
});
const metadata = fc.constantFrom(undefined, {}, { properties: { k: 'v' } }, { tags: { t: ['b', 'a'] } });
const id = fc.constantFrom(undefined, undefined, undefined, 1, 2, 3, 7, 40);
const version = fc.constantFrom(undefined, undefined, undefined, 1, 2, 3, 9);

const registering = (givenIds: fc.Arbitrary<number | undefined>): fc.Arbitrary<Command> =>
  fc
    .record({
      subject,
      schema,
      schemaType: fc.constantFrom('AVRO', 'JSON'),
      references: fc.array(reference, { maxLength: 1 }),
      metadata,
      id: givenIds,
      version,
    })
    .map(
      ({ metadata: meta, id: given, version: wanted, ...rest }) =>
        (state, now, rules) =>
          decideRegister(
            state,
            {
              ...rest,
              now,
              ...(meta === undefined ? {} : { metadata: meta }),
              ...(given === undefined ? {} : { id: given }),
              ...(wanted === undefined ? {} : { version: wanted }),
            },
            lenientLanguages,
            rules,
          ),
    );

const remove: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ subject, permanent: fc.boolean() }).map(
    (command): Command =>
      (state, now, rules) =>
        decideDeleteSubject(state, { ...command, now }, rules),
  ),
  fc.record({ subject, permanent: fc.boolean(), version: fc.constantFrom(-1, 1, 2, 3) }).map(
    (command): Command =>
      (state, now, rules) =>
        decideDeleteVersion(state, { ...command, now }, rules),
  ),
  fc.constantFrom('.x', '.y', '.z').map(
    (context): Command =>
      (state, now, rules) =>
        decideDeleteContext(state, { context, now }, rules),
  ),
);

const settings: fc.Arbitrary<Command> = fc.oneof(
  fc
    .record({
      name: level,
      mode: fc.constantFrom('READWRITE', 'READWRITE', 'IMPORT', 'READONLY', 'FORWARD', null),
      force: fc.boolean(),
    })
    .map(
      (command): Command =>
        (state, now, rules) =>
          decideUpdateMode(state, { ...command, now }, rules),
    ),
  fc.record({ name: level, recursive: fc.boolean() }).map(
    (command): Command =>
      (state, now, rules) =>
        decideDeleteMode(state, { ...command, now }, rules),
  ),
  fc
    .record({
      name: level,
      changes: fc.constantFrom(
        { compatibility: 'full' },
        { compatibility: null },
        { normalize: true, compatibilityGroup: 'g' },
        { defaultMetadata: { properties: { d: '1' } } },
        { overrideMetadata: null, defaultMetadata: null },
      ),
    })
    .map(
      (command): Command =>
        (state, now, rules) =>
          decideUpdateConfig(state, { ...command, now }, rules),
    ),
  level.map(
    (name): Command =>
      (state, now, rules) =>
        decideDeleteConfig(state, { name, now }, rules),
  ),
);

const histories = (givenIds: fc.Arbitrary<number | undefined>): fc.Arbitrary<readonly Command[]> =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: registering(givenIds) },
      { weight: 3, arbitrary: remove },
      { weight: 2, arbitrary: settings },
    ),
    { minLength: 1, maxLength: 60 },
  );

export const history = histories(id);

/** Registrations leave the choice of ids to the registry. */
export const historyWithoutImports = histories(fc.constant(undefined));

/** Carries out a history on a state and gives the records it wrote, in order. */
export function run(
  state: RegistryState,
  commands: readonly Command[],
  rules: Rules,
  afterEach: (written: readonly RegistryRecord[]) => void = () => {},
): readonly RegistryRecord[] {
  const log: RegistryRecord[] = [];
  commands.forEach((command, at) => {
    const decided = command(state, 1_700_000_000_000 + at, rules);
    const written = isRefusal(decided) ? [] : decided.records;
    applyRecords(state, written);
    log.push(...written);
    afterEach(written);
  });
  return log;
}
