/** The backup operator's `KafkaBackup` resource in the words of srgit.yaml. Pure: Secrets are handed in. */
import { convertSchemaRegistry } from './backup-tool-config.ts';
import { Conversion, isRecord, Section } from './conversion.ts';

/** A Secret, or a key of it, that is not there: an error once the command needs it. */
export interface MissingSecret {
  /** Keys in the words of srgit.yaml. */
  readonly to: readonly string[];
  /** Keys of the file. */
  readonly from: readonly string[];
  readonly name: string;
  readonly key: string;
}

const SOURCE = 'source';

/** @param secret a key of a Secret; undefined where there is none. */
export function convertKafkaBackup(
  data: unknown,
  secret: (name: string, key: string) => string | undefined,
): { readonly made: Conversion; readonly missing: readonly MissingSecret[] } {
  const made = new Conversion();
  const missing: MissingSecret[] = [];
  const spec = new Section(data, []).within('spec');
  const spelled = (parent: Section, key: string): Section =>
    new Section(parent.get(key), parent.pathOf(key), toCamelCase);

  const takeSecret = (reference: Section, at: readonly string[]): void => {
    const name = reference.text('name');
    if (name === undefined) return;
    for (const [key, wanted] of [
      ['username', 'usernameKey'],
      ['password', 'passwordKey'],
    ] as const) {
      const secretKey = reference.text(wanted) ?? key;
      const value = secret(name, secretKey);
      const from = reference.has(wanted) ? reference.pathOf(wanted) : reference.pathOf('name');
      if (value === undefined) missing.push({ to: [...at, key], from, name, key: secretKey });
      // What is missing is still a setting that somebody wrote down.
      made.put([...at, key], value ?? '', from);
    }
  };

  const enterprise = spec.within('enterprise');
  const [inner, outer] = [spelled(enterprise, 'schemaRegistry'), spelled(spec, 'schemaRegistry')];
  if (!inner.isEmpty && !outer.isEmpty) {
    made.mistake(outer.path, 'schemaRegistry stands in spec and in spec.enterprise; keep one');
  }
  const registry = inner.isEmpty ? outer : inner;
  convertSchemaRegistry(made, registry, SOURCE);
  const reference = new Section(registry.get('credentials_secret'), registry.pathOf('credentials_secret'));
  if (!reference.isEmpty) {
    const type = registry.within('auth').text('type');
    if (type !== undefined && type !== 'basic') {
      made.mistake(reference.path, `credentialsSecret is name and password, but auth.type is ${type}`);
    } else if (registry.get('enabled') !== false) {
      made.put(['registries', SOURCE, 'auth', 'type'], 'basic', reference.path);
      takeSecret(reference, ['registries', SOURCE, 'auth']);
    }
  }

  const cluster = spec.within('kafkaCluster');
  const at = ['kafka', SOURCE];
  if (cluster.has('bootstrapServers')) {
    made.put([...at, 'bootstrap_servers'], cluster.get('bootstrapServers'), cluster.pathOf('bootstrapServers'));
    made.put([...at, 'security', 'protocol'], cluster.get('securityProtocol'), cluster.pathOf('securityProtocol'));
    const sasl = cluster.within('saslSecret');
    made.put([...at, 'security', 'mechanism'], sasl.get('mechanism'), sasl.pathOf('mechanism'));
    takeSecret(sasl, [...at, 'security']);
  }
  made.put(['backup', 'topics'], nonEmptyList(spec.get('topics')), spec.pathOf('topics'));
  made.put(['backup', 'exclude_topics'], nonEmptyList(spec.get('excludeTopics')), spec.pathOf('excludeTopics'));
  const storage = spec.within('storage');
  const s3 = spelled(storage, 's3');
  const type = storage.text('storageType') ?? (s3.isEmpty ? undefined : 's3');
  // A volume is a folder that only the pod knows.
  if (type !== undefined && type !== 'pvc') {
    made.put(['storage', 'backend'], type, storage.path);
    for (const key of ['bucket', 'region', 'endpoint', 'prefix', 'path_style', 'allow_http']) {
      made.put(['storage', key], s3.get(key), s3.pathOf(key));
    }
  }
  return { made, missing };
}

function nonEmptyList(value: unknown): unknown {
  return Array.isArray(value) && value.length > 0 ? value : undefined;
}

export function toCamelCase(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The operator's spelling of a schema's keys, at every depth. */
export function camelCased(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(camelCased);
  if (!isRecord(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === 'properties' && isRecord(value)
        ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [toCamelCase(name), camelCased(inner)]))
        : camelCased(value),
    ]),
  );
}

/** Values of the `kind: Secret` documents beside a resource: `stringData` beats `data`, which is base64. */
export function secretValue(documents: readonly unknown[], name: string, key: string): string | undefined {
  for (const document of documents) {
    if (!isRecord(document) || document['kind'] !== 'Secret') continue;
    const metadata = document['metadata'];
    if (!isRecord(metadata) || metadata['name'] !== name) continue;
    const { stringData, data } = document as { readonly stringData?: unknown; readonly data?: unknown };
    if (isRecord(stringData) && Object.hasOwn(stringData, key) && typeof stringData[key] === 'string') {
      return stringData[key];
    }
    const encoded = isRecord(data) && Object.hasOwn(data, key) ? data[key] : undefined;
    if (typeof encoded === 'string') return Buffer.from(encoded, 'base64').toString('utf8');
  }
  return undefined;
}
