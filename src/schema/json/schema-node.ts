/**
 * A JSON Schema as the registry compares it: kinds of schema rather than keywords. A text with keywords of several
 * kinds (`type` and `enum`, say) is a combination of all of them. Titles, descriptions and ids never make a difference.
 */
import type { JsonNumber } from './json-node.ts';

export interface SchemaNode {
  /** What it demands. Nodes may form cycles through references. */
  readonly body: SchemaBody;
  readonly hasDefault: boolean;
}

export type SchemaBody =
  /** `{}` and `true`. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'false' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'null' }
  | { readonly kind: 'conditional' }
  | StringBody
  | NumberBody
  /** Each value as text with sorted keys. `1` and `1.0` are different values. */
  | { readonly kind: 'enum'; readonly values: ReadonlySet<string> }
  | { readonly kind: 'const'; readonly value: string }
  | ObjectBody
  | ArrayBody
  | CombinedBody
  | { readonly kind: 'not'; readonly schema: SchemaNode }
  | { readonly kind: 'reference'; readonly target: SchemaNode };

export interface StringBody {
  readonly kind: 'string';
  readonly maxLength: number | undefined;
  readonly minLength: number | undefined;
  readonly pattern: string | undefined;
}

export interface NumberBody {
  readonly kind: 'number';
  readonly requiresInteger: boolean;
  readonly maximum: JsonNumber | undefined;
  readonly minimum: JsonNumber | undefined;
  /** The limits since draft 6. Draft 4's flags of these names are checked and then not compared (observed). */
  readonly exclusiveMaximum: JsonNumber | undefined;
  readonly exclusiveMinimum: JsonNumber | undefined;
  readonly multipleOf: JsonNumber | undefined;
}

/** What is said about members or items that are not named: all allowed, none, or those of a schema. */
export type Additional = boolean | SchemaNode;

export interface ObjectBody {
  readonly kind: 'object';
  readonly properties: ReadonlyMap<string, SchemaNode>;
  readonly required: ReadonlySet<string>;
  readonly patterns: ReadonlyMap<string, SchemaNode>;
  readonly additional: Additional;
  readonly requiredWith: ReadonlyMap<string, ReadonlySet<string>>;
  readonly schemaWith: ReadonlyMap<string, SchemaNode>;
  readonly maxProperties: number | undefined;
  readonly minProperties: number | undefined;
}

export interface ArrayBody {
  readonly kind: 'array';
  /** For all items alike; undefined where there is none or a tuple. */
  readonly items: SchemaNode | undefined;
  /** For the items one by one. */
  readonly tuple: readonly SchemaNode[];
  readonly additional: Additional;
  readonly maxItems: number | undefined;
  readonly minItems: number | undefined;
  readonly uniqueItems: boolean;
  /** Known in 2019-09 and later only; 1 where `contains` stands alone (observed). */
  readonly minContains: number | undefined;
  readonly maxContains: number | undefined;
}

export interface CombinedBody {
  readonly kind: 'combined';
  readonly criterion: 'allOf' | 'anyOf' | 'oneOf';
  /** Whether nobody wrote `allOf`: the demands of one schema's keywords are of several kinds. */
  readonly joinsKinds: boolean;
  readonly schemas: readonly SchemaNode[];
  /** A number for each of the schemas, equal for those of this combination that say the same. */
  readonly contents: readonly number[];
}
