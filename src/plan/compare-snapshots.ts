/** Whether two states of a registry are the same, row by row, by content. */
import type { ContextState, LevelSettings, RegistrySnapshot, SubjectState } from '../model/registry-snapshot.ts';
import type { ConfigRecord, SchemaVersion } from '../model/schema-version.ts';
import { contextSubject, DEFAULT_CONTEXT, formatSubjectName, GLOBAL_CONTEXT } from '../model/subject-name.ts';
import { canonicalJson } from './canonical-json.ts';
import type { DriftCause, DriftExplainer } from './drift-cause.ts';

export type DifferenceKind = 'missing' | 'extra' | 'content' | 'id' | 'deleted' | 'config' | 'mode' | 'context';

/** One thing in which the right state differs from the left one. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** Qualified subject, `:.ctx:`, or `''` for the registry's global level. */
  readonly subject: string;
  readonly version?: number;
  /** In the field's words, on one line. */
  readonly message: string;
  /** Where the comparison was given an explainer. */
  readonly cause?: DriftCause;
}

export interface CompareOptions {
  readonly left: string;
  readonly right: string;
  /** Names of what is not known on the right and so cannot differ. */
  readonly ignoreConfig: (subject: string) => boolean;
  readonly ignoreMode: (subject: string) => boolean;
  /** Rows that the right may have without showing them. */
  readonly ignoreMissing: (subject: string, row: SchemaVersion) => boolean;
  /** Properties whose value stands for a redacted one. */
  readonly redacted: string;
  /** Left is a tree and right a registry: each difference gets its likely cause. */
  readonly explain?: DriftExplainer | undefined;
}

export function compareSnapshots(
  left: RegistrySnapshot,
  right: RegistrySnapshot,
  options: CompareOptions,
): readonly Difference[] {
  const differences: Difference[] = [];
  for (const [name, a, b] of pairByName(left.contexts, right.contexts)) {
    if (!a || !b) {
      const side = a ? options.left : options.right;
      const state = a ?? b;
      if (state && isEmpty(state)) continue;
      differences.push({
        kind: 'context',
        subject: contextSubject(name),
        message: `context ${name} is only in ${side}`,
        ...because(options, () => 'context-changed'),
      });
    }
    const level = name === DEFAULT_CONTEXT ? '' : contextSubject(name);
    compareLevel(level, a ?? {}, b ?? {}, options, differences);
    for (const [subject, x, y] of pairByName(a?.subjects ?? [], b?.subjects ?? [])) {
      compareSubject(formatSubjectName({ context: name, subject }), x, y, options, differences);
    }
  }
  compareLevel(contextSubject(GLOBAL_CONTEXT), left.global, right.global, options, differences);
  return differences;
}

function compareSubject(
  subject: string,
  left: SubjectState | undefined,
  right: SubjectState | undefined,
  options: CompareOptions,
  differences: Difference[],
): void {
  const a = new Map((left?.versions ?? []).map((row) => [row.version, row]));
  const b = new Map((right?.versions ?? []).map((row) => [row.version, row]));
  for (const version of new Set([...a.keys(), ...b.keys()])) {
    const x = a.get(version);
    const y = b.get(version);
    const at = { subject, version };
    if (!x) {
      if (!y) continue;
      const cause = because(options, (explain) => explain.extra(subject, y));
      differences.push({ kind: 'extra', ...at, message: `only in ${options.right}`, ...cause });
    } else if (!y) {
      if (options.ignoreMissing(subject, x)) continue;
      const cause = because(options, (explain) => explain.missing(subject, x));
      differences.push({ kind: 'missing', ...at, message: `only in ${options.left}`, ...cause });
    } else for (const found of compareRows(subject, x, y, options)) differences.push({ ...found, ...at });
  }
  compareLevel(subject, left ?? {}, right ?? {}, options, differences);
}

function* compareRows(
  subject: string,
  a: SchemaVersion,
  b: SchemaVersion,
  options: CompareOptions,
): Generator<Pick<Difference, 'kind' | 'message' | 'cause'>> {
  const { left, right } = options;
  if (a.id !== b.id) {
    const cause = because(options, (explain) => explain.id(subject, a, b));
    yield { kind: 'id', message: `id ${a.id} in ${left}, ${b.id} in ${right}`, ...cause };
  }
  if (a.deleted !== b.deleted) {
    const cause = because(options, () => (a.deleted ? 'undeleted' : 'soft-deleted'));
    yield { kind: 'deleted', message: `soft-deleted only in ${a.deleted ? left : right}`, ...cause };
  }
  const text = (message: string): Pick<Difference, 'kind' | 'message' | 'cause'> => {
    return { kind: 'content', message, ...because(options, (explain) => explain.text(a, b)) };
  };
  if (a.schemaType !== b.schemaType) yield text(`type ${a.schemaType} in ${left}, ${b.schemaType} in ${right}`);
  if (a.schema !== b.schema) yield text('the schema text differs');
  const amended = because(options, () => 'amended');
  if (canonicalJson(a.references) !== canonicalJson(b.references))
    yield { kind: 'content', message: 'the references differ', ...amended };
  const metadata = [a.metadata, b.metadata].map((data) => canonicalJson(mask(data, a.metadata, options.redacted)));
  if (metadata[0] !== metadata[1]) yield { kind: 'content', message: 'the metadata differs', ...amended };
  if (canonicalJson(a.ruleSet) !== canonicalJson(b.ruleSet))
    yield { kind: 'content', message: 'the rule set differs', ...amended };
}

function because(
  { explain }: CompareOptions,
  ask: (explain: DriftExplainer) => DriftCause,
): { readonly cause?: DriftCause } {
  return explain === undefined ? {} : { cause: ask(explain) };
}

/** A redacted value on the left may be any value on the right. */
function mask(data: SchemaVersion['metadata'], left: SchemaVersion['metadata'], redacted: string) {
  const hidden = (left?.sensitive ?? []).filter((name) => left?.properties?.[name] === redacted);
  if (!data?.properties || hidden.length === 0) return data;
  const properties = Object.entries(data.properties).map(([name, value]) => [
    name,
    hidden.includes(name) ? redacted : value,
  ]);
  return { ...data, properties: Object.fromEntries(properties) };
}

function compareLevel(
  subject: string,
  a: LevelSettings,
  b: LevelSettings,
  options: CompareOptions,
  differences: Difference[],
): void {
  if (!options.ignoreConfig(subject) && canonicalJson(plain(a.config)) !== canonicalJson(plain(b.config))) {
    const levels = [a.config?.compatibility ?? 'inherited', b.config?.compatibility ?? 'inherited'];
    const message =
      levels[0] === levels[1]
        ? 'config fields differ'
        : `compatibility ${levels[0]} in ${options.left}, ${levels[1]} in ${options.right}`;
    differences.push({ kind: 'config', subject, message, ...because(options, () => 'config-changed') });
  }
  if (!options.ignoreMode(subject) && a.mode !== b.mode) {
    const message = `mode ${a.mode ?? 'inherited'} in ${options.left}, ${b.mode ?? 'inherited'} in ${options.right}`;
    differences.push({ kind: 'mode', subject, message, ...because(options, () => 'mode-changed') });
  }
}

function plain(config: ConfigRecord | undefined) {
  return config && { compatibility: config.compatibility, ...config.fields };
}

function isEmpty(context: ContextState): boolean {
  return context.subjects.length === 0 && context.config === undefined && context.mode === undefined;
}

function* pairByName<T extends { readonly name: string }>(
  left: readonly T[],
  right: readonly T[],
): Generator<[string, T | undefined, T | undefined]> {
  const others = new Map(right.map((item) => [item.name, item]));
  for (const item of left) {
    yield [item.name, item, others.get(item.name)];
    others.delete(item.name);
  }
  for (const item of others.values()) yield [item.name, undefined, item];
}
