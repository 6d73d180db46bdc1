/** Puts types in the place of the names that a text used before they were defined: Avro 1.12 does so at its end. */
import { AvroSchemaError } from './avro-error.ts';
import { checkDefault, passThroughJava } from './default-value.ts';
import type { ParseContext } from './parse-context.ts';
import { makeUnion } from './parse-schema.ts';
import {
  type AvroSchema,
  type Building,
  childrenOf,
  type Field,
  fullNameOf,
  isNamed,
  type Properties,
  type RecordSchema,
} from './schema-model.ts';
import { makeName } from './schema-name.ts';

/**
 * Resolves every name in the types that are new in the context, and in `root`. Throws for a name that nothing defines.
 *
 * Like Java it copies the schemas that hold others and checks the copies, in the order of Java's visitor: of several
 * faults the first that it meets is told, and a default cannot look into a record whose copy is not complete.
 *
 * @returns what `root` means: of a named type, the first definition by its name
 */
export function resolveNames(root: AvroSchema, context: ParseContext): AvroSchema {
  const copying: Copying = { context, records: new Map(), copies: new Map(), progress: new Map(), rounds: 0 };
  const added = context.added.splice(0);
  for (const type of added) copyReachable(type, copying);
  for (const type of added) if (type.type === 'record') context.types.set(type.name.full, recordCopy(type, copying));
  if (root.type === 'unresolved') throw new AvroSchemaError(`Unknown schema: ${fullNameOf(root)}`);
  if (isNamed(root)) return context.types.get(root.name.full) ?? root;
  copyReachable(root, copying);
  return copyOf(root, copying);
}

interface Copying {
  readonly context: ParseContext;
  /** Made without fields, which are set when all that they hold has been copied. */
  readonly records: Map<RecordSchema, Building<RecordSchema>>;
  /** Of arrays, maps and unions. */
  readonly copies: Map<AvroSchema, AvroSchema>;
  readonly progress: Map<AvroSchema, Progress>;
  rounds: number;
}

/** How far the copying of one schema has come. */
interface Progress {
  /** In the order of Java's visitor. */
  readonly children: readonly AvroSchema[];
  /** How many children have been entered. */
  entered: number;
  /** The last round that entered the schema. */
  round: number;
}

interface Step {
  readonly schema: AvroSchema;
  readonly progress: Progress;
  readonly round: number;
}

/** Depth first. Without recursion: chains of names can be long. */
function copyReachable(start: AvroSchema, copying: Copying): void {
  const open: Step[] = [];
  const enterChild = (child: AvroSchema, round: number) => {
    const step = enter(child, round, copying);
    if (step !== undefined) open.push(step);
  };
  enterChild(start, ++copying.rounds);
  for (let step = open.at(-1); step !== undefined; step = open.at(-1)) {
    const { schema, progress, round } = step;
    // Another round may have completed it meanwhile.
    const isDone = copying.context.resolved.has(schema);
    const child = isDone ? undefined : progress.children[progress.entered++];
    if (child !== undefined) {
      enterChild(child, round);
    } else {
      open.pop();
      if (!isDone) complete(schema, copying);
    }
  }
}

/**
 * Java visits what a name means in a round of its own, which knows nothing of the schemas that are open around: when
 * it meets one by another way than a name, it goes on with that one's children and completes it first.
 */
function enter(schema: AvroSchema, round: number, copying: Copying): Step | undefined {
  if (schema.type === 'unresolved') {
    const type = lookUp(schema.target, copying.context);
    const isKnown = type.type === 'record' && copying.records.has(type);
    return isKnown ? undefined : enter(type, ++copying.rounds, copying);
  }
  if (!holdsOthers(schema) || copying.context.resolved.has(schema)) return undefined;
  const known = copying.progress.get(schema);
  if (known === undefined) return begin(schema, round, copying);
  if (known.round === round) return undefined;
  known.round = round;
  // The child that is open around is entered once more: it must be complete before this schema is.
  known.entered--;
  return { schema, progress: known, round };
}

function holdsOthers({ type }: AvroSchema): boolean {
  return type === 'record' || type === 'array' || type === 'map' || type === 'union';
}

function begin(schema: AvroSchema, round: number, copying: Copying): Step {
  if (schema.type === 'record') {
    copying.records.set(schema, { ...schema, fields: undefined, aliases: [], props: new Map() });
  }
  const inOrder = childrenOf(schema);
  // Java pushes a union's branches on its stack as they come, and so meets the last one first.
  const children = schema.type === 'union' ? inOrder.toReversed() : inOrder;
  const progress = { children, entered: 0, round };
  copying.progress.set(schema, progress);
  return { schema, progress, round };
}

function complete(schema: AvroSchema, copying: Copying): void {
  switch (schema.type) {
    case 'array':
      checkProperties(schema.props);
      copying.copies.set(schema, { ...schema, items: copyOf(schema.items, copying) });
      break;
    case 'map':
      checkProperties(schema.props);
      copying.copies.set(schema, { ...schema, values: copyOf(schema.values, copying) });
      break;
    case 'union':
      copying.copies.set(schema, makeUnion(schema.branches.map((branch) => copyOf(branch, copying))));
      break;
    case 'record':
      completeRecord(schema, copying);
      break;
    default:
  }
  copying.context.resolved.add(schema);
}

function completeRecord(schema: RecordSchema, copying: Copying): void {
  const copy = recordCopy(schema, copying);
  const fields = (schema.fields ?? []).map((field) => copyField(field, copying));
  checkProperties(schema.props);
  copy.fields = fields;
  // An alias in the null namespace is copied as a short name, and so moves into the record's own.
  copy.aliases = schema.aliases.map((alias) => makeName(alias.full, schema.name.namespace));
  copy.props = schema.props;
  copying.context.resolved.add(copy);
}

function copyField(field: Field, copying: Copying): Field {
  const type = copyOf(field.type, copying);
  if (copying.context.validateDefaults && field.default !== undefined) checkDefault(field.name, type, field.default);
  return { ...field, type };
}

/** What stands for a schema in the copies; enums, fixed types and what earlier texts defined stand for themselves. */
function copyOf(schema: AvroSchema, copying: Copying): AvroSchema {
  if (schema.type === 'unresolved') return copyOf(lookUp(schema.target, copying.context), copying);
  return schema.type === 'record' ? recordCopy(schema, copying) : (copying.copies.get(schema) ?? schema);
}

function recordCopy(schema: RecordSchema, { records }: Copying): Building<RecordSchema> {
  return records.get(schema) ?? schema;
}

function lookUp(target: string, context: ParseContext): AvroSchema {
  const type = context.types.get(target);
  if (type === undefined) throw new AvroSchemaError(`Undefined schema: ${target}`);
  return type;
}

/** A number beyond 64 bits is lost when an attribute is copied, and Avro refuses the gap (observed). */
function checkProperties(props: Properties): void {
  for (const [key, value] of props) {
    if (passThroughJava(value, undefined) === undefined) {
      throw new AvroSchemaError(`Can't set a property to null: ${key}`);
    }
  }
}
