/** The backup tool's own YAML in the words of srgit.yaml. Pure: its shape is checked before, against its schema. */
import { Conversion, Section } from './conversion.ts';

/** The one registry of such a file has no name of its own. */
const REGISTRY_NAMES: Readonly<Record<string, string>> = { backup: 'source', restore: 'target' };
const UNNAMED_REGISTRY = 'registry';

/** Keys that only the backup tool's file has. */
const TELLTALES = ['mode', 'backup_id', 'source', 'target', 'enterprise', 'offset_storage', 'metrics'];

/** Whether these are the keys of such a file. */
export function isBackupToolConfig(keys: readonly string[]): boolean {
  return keys.some((key) => TELLTALES.includes(key));
}

export function convertBackupToolConfig(data: unknown): Conversion {
  const made = new Conversion();
  const file = new Section(data, []);
  const mode = file.text('mode') ?? '';
  made.put(['tree'], file.get('tree'), file.pathOf('tree'));
  putAll(made, file.within('git'), ['git'], ['branch', 'remote', 'author_name', 'author_email']);
  const registry = REGISTRY_NAMES[mode] ?? UNNAMED_REGISTRY;
  convertSchemaRegistry(made, file.within('enterprise').within('schema_registry'), registry);
  convertCluster(made, file.within('source'), 'source', [
    ['include', ['backup', 'topics']],
    ['exclude', ['backup', 'exclude_topics']],
  ]);
  convertCluster(made, file.within('target'), 'target', [
    ['include', ['replay', 'topics']],
    ['exclude', ['replay', 'exclude']],
  ]);
  const storage = [
    'backend',
    'path',
    'bucket',
    'prefix',
    'region',
    'endpoint',
    'path_style',
    'allow_http',
    'access_key',
    'secret_key',
  ];
  putAll(made, file.within('storage'), ['storage'], storage);
  made.put(['storage', 'backup_id'], file.get('backup_id'), file.pathOf('backup_id'));
  putAll(made, file.within('restore'), ['replay'], ['topic_mapping']);
  return made;
}

/** `enterprise.schema_registry`, and the operator's `schemaRegistry`, which has the same keys in another spelling. */
export function convertSchemaRegistry(made: Conversion, section: Section, name: string): void {
  const isOff = section.get('enabled') === false;
  const at = ['registries', name];
  const auth = section.within('auth');
  const tls = section.within('tls');
  const tlsOfAuth = auth.within('tls');
  // Without an address and without credentials there is no registry: `--url` says which one is meant.
  if (isOff || section.has('url') || !auth.isEmpty || !tls.isEmpty) {
    made.put([...at, 'enabled'], section.get('enabled'), section.pathOf('enabled'));
    made.put([...at, 'url'], section.get('url'), section.pathOf('url'));
    const keys = ['type', 'username', 'password', 'token', 'token_url', 'client_id', 'client_secret', 'scope'];
    putAll(made, auth, [...at, 'auth'], keys);
    for (const key of ['ca_cert', 'client_cert', 'client_key', 'client_key_password']) {
      const [value, other] = [tls.get(key), tlsOfAuth.get(key)];
      if (value !== undefined && other !== undefined && value !== other) {
        made.mistake(tlsOfAuth.pathOf(key), `${dotted(tlsOfAuth.pathOf(key))} and ${dotted(tls.pathOf(key))} differ`);
      }
      if (value === undefined) made.put([...at, 'tls', key], other, tlsOfAuth.pathOf(key));
      else made.put([...at, 'tls', key], value, tls.pathOf(key));
    }
  }
  const backup = section.within('backup');
  putAll(
    made,
    backup,
    ['backup'],
    ['subjects', 'exclude', 'include_soft_deleted', 'include_versions', 'include_references'],
  );
  made.put(['backup', 'schema_types'], section.get('schema_types'), section.pathOf('schema_types'));
  putAll(made, section.within('protobuf'), ['backup', 'protobuf'], ['include_dependencies']);
  const restore = section.within('restore');
  putAll(
    made,
    restore,
    ['restore'],
    [
      'enabled',
      'strategy',
      'id_mapping',
      'rewrite_ids',
      'force_ids',
      'id_mapping_file',
      'subject_mapping',
      'set_compatibility',
      'force_register',
    ],
  );
  // A registry that is off is not restored to either, whichever URL the command line has.
  if (isOff) made.put(['restore', 'enabled'], false, section.pathOf('enabled'));
}

const MECHANISMS: Readonly<Record<string, string>> = {
  'SCRAM-SHA256': 'SCRAM-SHA-256',
  'SCRAM-SHA512': 'SCRAM-SHA-512',
};

function convertCluster(
  made: Conversion,
  cluster: Section,
  name: string,
  topics: readonly (readonly [key: string, to: readonly string[]])[],
): void {
  const at = ['kafka', name];
  const security = cluster.within('security');
  // Topics alone are no cluster.
  if (cluster.has('bootstrap_servers')) {
    putAll(made, cluster, at, ['bootstrap_servers']);
    const put = (to: readonly string[], key: string, value = security.get(key)): void =>
      made.put([...at, ...to], value, security.pathOf(key));
    const mechanism = security.text('sasl_mechanism');
    put(['security', 'protocol'], 'security_protocol');
    put(['security', 'mechanism'], 'sasl_mechanism', mechanism && (MECHANISMS[mechanism] ?? mechanism));
    put(['security', 'username'], 'sasl_username');
    put(['security', 'password'], 'sasl_password');
    put(['tls', 'ca_cert'], 'ssl_ca_location');
    put(['tls', 'client_cert'], 'ssl_certificate_location');
    put(['tls', 'client_key'], 'ssl_key_location');
  } else if (!security.isEmpty) {
    made.mistake(cluster.path, `${dotted(cluster.path)} has no bootstrap_servers`);
  }
  const chosen = cluster.within('topics');
  for (const [key, to] of topics) {
    const globs = chosen.get(key);
    if (!Array.isArray(globs) || globs.length === 0) continue;
    const pattern = globs.find((glob) => typeof glob === 'string' && glob.startsWith('~'));
    if (pattern !== undefined) {
      made.mistake(chosen.pathOf(key), `${dotted(chosen.pathOf(key))} has a regular expression (~); write globs`);
    }
    made.put(to, globs, chosen.pathOf(key));
  }
}

function putAll(made: Conversion, section: Section, at: readonly string[], keys: readonly string[]): void {
  for (const key of keys) made.put([...at, key], section.get(key), section.pathOf(key));
}

function dotted(path: readonly string[]): string {
  return path.join('.');
}
