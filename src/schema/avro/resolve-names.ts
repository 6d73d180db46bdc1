/** Puts the types in the place of names that a text used before it defined them: Avro 1.12 does so at its end. */
import { AvroSchemaError } from './avro-error.ts';
import { checkDefault, passThroughJava } from './default-value.ts';
import type { ParseContext } from './parse-context.ts';
import { makeUnion } from './parse-schema.ts';
import { type AvroSchema, type Building, childrenOf, fullNameOf, isNamed, type Properties } from './schema-model.ts';
import { makeName } from './schema-name.ts';

/**
 * Resolves every name in the types that are new in the context, and in `root`. Throws for a name that nothing defines.
 *
 * @returns what `root` means: of a named type, the first definition by its name
 */
export function resolveNames(root: AvroSchema, context: ParseContext): AvroSchema {
  const visited: AvroSchema[] = [];
  for (const type of context.added.splice(0)) visit(type, context, visited);
  if (root.type === 'unresolved') {
    throw new AvroSchemaError(`Unknown schema: ${fullNameOf(root)}`);
  }
  visit(root, context, visited);
  for (const schema of visited) finish(schema, context);
  for (const { field, type, value } of context.openDefaults.splice(0))
    checkDefault(field, resolve(type, context), value);
  return isNamed(root) ? (context.types.get(root.name.full) ?? root) : root;
}

/** Depth first, in the order of the text, names followed where they stand. Without recursion: chains can be long. */
function visit(start: AvroSchema, context: ParseContext, visited: AvroSchema[]): void {
  const open = [start];
  for (let schema = open.pop(); schema !== undefined; schema = open.pop()) {
    if (context.resolved.has(schema)) continue;
    if (schema.type === 'unresolved') {
      open.push(lookUp(schema.target, context));
      continue;
    }
    context.resolved.add(schema);
    visited.push(schema);
    if (schema.type === 'record') checkProperties(schema.props);
    for (const child of childrenOf(schema).toReversed()) open.push(child);
  }
}

function lookUp(target: string, context: ParseContext): AvroSchema {
  const type = context.types.get(target);
  if (type === undefined) throw new AvroSchemaError(`Undefined schema: ${target}`);
  return type;
}

function resolve(schema: AvroSchema, context: ParseContext): AvroSchema {
  return schema.type === 'unresolved' ? lookUp(schema.target, context) : schema;
}

/** Java copies the schemas that hold others, and checks the copies. */
function finish(schema: AvroSchema, context: ParseContext): void {
  switch (schema.type) {
    case 'array':
      (schema as Building<typeof schema>).items = resolve(schema.items, context);
      checkProperties(schema.props);
      break;
    case 'map':
      (schema as Building<typeof schema>).values = resolve(schema.values, context);
      checkProperties(schema.props);
      break;
    case 'union':
      (schema as Building<typeof schema>).branches = makeUnion(
        schema.branches.map((branch) => resolve(branch, context)),
      ).branches;
      break;
    case 'record': {
      const record = schema as Building<typeof schema>;
      const fields = schema.fields ?? [];
      record.fields = fields.map((field) => ({ ...field, type: resolve(field.type, context) }));
      // An alias in the null namespace is copied as a short name, and so moves into the record's own.
      record.aliases = schema.aliases.map((alias) => makeName(alias.full, schema.name.namespace));
      break;
    }
    default:
  }
}

/** A number beyond 64 bits is lost when an attribute is copied, and Avro refuses the gap (observed). */
function checkProperties(props: Properties): void {
  for (const [key, value] of props) {
    if (passThroughJava(value, undefined) === undefined) {
      throw new AvroSchemaError(`Can't set a property to null: ${key}`);
    }
  }
}
