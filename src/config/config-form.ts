/** The spellings that a configuration may have, each with its schema. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import backupToolSchema from './backup-tool.schema.json' with { type: 'json' };
import { isBackupToolConfig } from './backup-tool-config.ts';
import srgitSchema from './config.schema.json' with { type: 'json' };
import { type ConversionNote, isRecord } from './conversion.ts';
import operatorSchema from './kafka-backup.schema.json' with { type: 'json' };
import { camelCased } from './kafka-backup-resource.ts';

/** `srgit.yaml`, the backup tool's YAML, or its operator's `KafkaBackup` resource. */
export type ConfigForm = 'srgit' | 'backup-tool' | 'operator';

/** A JSON Schema as far as it is read here. */
export interface SettingSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly description?: string;
  readonly default?: unknown;
  readonly writeOnly?: boolean;
  /** Why a key of another tool does nothing here, and what does it instead. */
  readonly notApplied?: string;
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly additionalProperties?: boolean | SettingSchema;
  readonly $defs?: Readonly<Record<string, SettingSchema>>;
}

export function formOf(data: unknown): ConfigForm {
  if (!isRecord(data)) return 'srgit';
  if (typeof data['kind'] === 'string' && 'apiVersion' in data) return 'operator';
  return isBackupToolConfig(Object.keys(data)) ? 'backup-tool' : 'srgit';
}

export function schemaOf(form: ConfigForm): SettingSchema {
  if (form === 'srgit') return srgitSchema as SettingSchema;
  if (form === 'backup-tool') return backupToolSchema as unknown as SettingSchema;
  const common = camelCased(backupToolSchema.$defs) as Readonly<Record<string, SettingSchema>>;
  const { credentialsSecret, ...own } = operatorSchema.$defs;
  const registry = common['schema_registry'];
  return {
    ...(operatorSchema as unknown as SettingSchema),
    $defs: {
      ...common,
      ...(own as unknown as Record<string, SettingSchema>),
      schemaRegistry: {
        ...registry,
        properties: { ...registry?.properties, credentialsSecret: credentialsSecret as unknown as SettingSchema },
      },
    },
  };
}

const validators = new Map<ConfigForm, ValidateFunction>();

export function validatorOf(form: ConfigForm): ValidateFunction {
  const known = validators.get(form);
  if (known !== undefined) return known;
  // The schema is ours and need not be checked: the compiler of the schema of schemas takes most of a start.
  const unchecked = { validateSchema: false, meta: false } as const;
  const ajv = new Ajv2020({ allErrors: true, strict: false, verbose: true, ...unchecked });
  const made = ajv.compile(schemaOf(form) as object);
  validators.set(form, made);
  return made;
}

/** A schema behind its reference, which all are to `$defs`; what stands beside the reference counts. */
export function resolveSchema(schema: SettingSchema, root: SettingSchema): SettingSchema {
  const { $ref, ...beside } = schema;
  if ($ref === undefined) return schema;
  const found = root.$defs?.[$ref.slice('#/$defs/'.length)];
  return found === undefined ? beside : { ...resolveSchema(found, root), ...beside };
}

/** Keys of the file that srgit has no use for, each with the reason. */
export function notAppliedIn(data: unknown, form: ConfigForm): readonly ConversionNote[] {
  const root = schemaOf(form);
  const notes: ConversionNote[] = [];
  const walk = (value: unknown, schema: SettingSchema, path: readonly string[]): void => {
    if (!isRecord(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      const known = schema.properties;
      const found = known !== undefined && Object.hasOwn(known, key) ? known[key] : undefined;
      if (found === undefined) continue;
      const resolved = resolveSchema(found, root);
      if (resolved.notApplied === undefined) walk(inner, resolved, [...path, key]);
      else notes.push({ path: [...path, key], text: resolved.notApplied });
    }
  };
  walk(data, root, []);
  return notes;
}
