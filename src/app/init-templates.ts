/** The texts of the files that `srgit init` writes. */
import { basename } from 'node:path';

export const AUTH_KINDS = ['none', 'basic', 'bearer', 'oauth', 'mtls'] as const;
export type AuthKind = (typeof AUTH_KINDS)[number];

/** The workflows of the package, as `--workflow` names them: their files without `.yml`. */
export const WORKFLOWS = [
  'nightly-export',
  'nightly-export-pull-request',
  'pull-request-plan',
  'restore-on-merge',
  'drift-watch',
  'topic-backup',
] as const;
export type WorkflowName = (typeof WORKFLOWS)[number];

export interface InitSettings {
  /** Name of the registry in srgit.yaml. */
  readonly registry: string;
  readonly urls: readonly string[];
  readonly auth: AuthKind;
  /** Folder of the tree, relative to srgit.yaml, with forward slashes. */
  readonly tree: string;
}

/** What the parts of a credential are called: their key in srgit.yaml, and the end of their variable. */
const CREDENTIALS: Readonly<Record<AuthKind, readonly (readonly [key: string, variable: string])[]>> = {
  none: [],
  basic: [
    ['username', 'USERNAME'],
    ['password', 'PASSWORD'],
  ],
  bearer: [['token', 'TOKEN']],
  oauth: [
    ['client_id', 'CLIENT_ID'],
    ['client_secret', 'CLIENT_SECRET'],
  ],
  mtls: [],
};

/** Variables that srgit.yaml refers to: what has to be set before a command asks the registry. */
export function variablesOf(auth: AuthKind): readonly string[] {
  return CREDENTIALS[auth].map(([, variable]) => `SR_${variable}`);
}

/** The JSON Schema of srgit.yaml that editors complete keys with. */
export function configSchemaUrl(version: string): string {
  return `https://raw.githubusercontent.com/srgit/srgit/v${version}/src/config/config.schema.json`;
}

/** `srgit.yaml`: what was said, and every other block that one is likely to want as a comment. */
export function configTemplate({ registry, urls, auth, tree }: InitSettings, version: string): string {
  const [only, ...others] = urls.map((url) => JSON.stringify(url));
  return `# yaml-language-server: $schema=${configSchemaUrl(version)}
# Every key: docs/configuration.md. Flags beat environment (SRGIT_…) beats this file. \${NAME} is a variable.
tree: ${scalar(tree)}
registry: ${scalar(registry)} # the default where several are listed
registries:
  ${scalar(registry)}:
    url: ${others.length === 0 ? only : `[${[only, ...others].join(', ')}]`} # several nodes as a list: failover
${authLines(auth).join('\n')}
    # headers: { X-Team: data }
    # timeout_seconds: 60

# What an export takes; all is the default.
# backup:
#   subjects: ["*"]
#   exclude: ["*-test"]
#   include_soft_deleted: true

# How a restore writes.
# restore:
#   strategy: preserve # or skip, overwrite
#   id_policy: rewrite # or keep, force, manual
#   subject_mapping: { "orders-value": "restored-orders-value" }

# git:
#   author_name: srgit
#   author_email: srgit@example.com

# For backups and replays of records, and of the registry's own topic.
# kafka:
#   ${scalar(registry)}: { bootstrap_servers: ["kafka-1:9092"] }
# storage: { backend: filesystem, path: /backups }
`;
}

function authLines(auth: AuthKind): string[] {
  const pairs = CREDENTIALS[auth].map(([key, variable]) => `${key}: "\${SR_${variable}}"`);
  if (auth === 'mtls') {
    return ['    auth: { type: mtls }', '    tls: { client_cert: certs/client.crt, client_key: certs/client.key }'];
  }
  const tls = '    # tls: { ca_cert: certs/ca.crt }';
  if (auth === 'oauth') {
    return [`    auth: { type: oauth, token_url: "https://login.example.com/oauth2/token", ${pairs.join(', ')} }`, tls];
  }
  return [`    auth: { ${[`type: ${auth}`, ...pairs].join(', ')} }`, tls];
}

/** Plain where YAML reads it as the text that it is, else quoted. */
function scalar(text: string): string {
  const isPlain = /^[A-Za-z][A-Za-z0-9._/-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}

/** Line endings must not be converted: they are a part of what a schema is. */
export function attributesTemplate(tree: string): string {
  return `# Schema texts are kept byte for byte: a line-ending conversion would change their identity.\n${attributesLine(tree)}\n`;
}

export function attributesLine(tree: string): string {
  return `${tree === '.' ? '*' : `${tree}/**`} -text`;
}

export const IGNORE_LINES = ['.srgit/', '.env'];

export function ignoreTemplate(): string {
  return `# What a restore keeps on this machine, and variables with passwords.\n${IGNORE_LINES.join('\n')}\n`;
}

/** A first version of a subject, without an id: it is registered by nobody before it is restored. */
export const EXAMPLE_SUBJECT = 'srgit-example-value';

export function exampleSchema(): string {
  const schema = {
    type: 'record',
    name: 'Example',
    namespace: 'com.example',
    doc: 'A schema to try srgit with: no registry has it. Remove this folder whenever you like.',
    fields: [
      { name: 'id', type: 'long' },
      { name: 'note', type: ['null', 'string'], default: null },
    ],
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** A workflow of the package for this registry, this folder and this kind of credential. */
export function workflowFrom(template: string, { registry, auth, tree }: InitSettings): string {
  const named = template
    .replace(/^( *(?:registry: |from: kafka:))prod$/gm, (_, key: string) => `${key}${scalar(registry)}`)
    .replace(/\bId map of prod$/gm, () => `Id map of ${registry}`)
    .replaceAll('"schemas/**"', () => JSON.stringify(tree === '.' ? '**' : `${tree}/**`));
  return auth === 'basic' ? named : withCredentials(named, auth);
}

const PASSWORD = /^ *SR_PASSWORD: .*\n/gm;
const USERNAME = /^( *)SR_USERNAME: \$\{\{ secrets\.(\w*)USERNAME \}\}\n/gm;

function withCredentials(workflow: string, auth: AuthKind): string {
  const lines = CREDENTIALS[auth].map(([, variable]) => variable);
  const replaced = workflow
    .replace(PASSWORD, '')
    .replace(USERNAME, (_, indent: string, prefix: string) =>
      lines.map((variable) => `${indent}SR_${variable}: \${{ secrets.${prefix}${variable} }}\n`).join(''),
    )
    .replace(/^( *# srgit\.yaml names them: ).*$/gm, (_, start: string) => {
      const [first] = CREDENTIALS[auth];
      return first === undefined ? '' : `${start}${first[0]}: \${SR_${first[1]}}`;
    });
  // An `env` that has lost its last entry is no map.
  return replaced.replace(/^( *)env:\n((?:\1 +#.*\n|\s*\n)*)(?!\1 )/gm, '');
}

/** Where a workflow goes. */
export function workflowPath(name: WorkflowName): string {
  return `.github/workflows/schemas-${basename(name)}.yml`;
}
