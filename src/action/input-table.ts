/** Every input of the Action, and which commands it says something to. action.yml has the same list; a test compares. */

export const COMMANDS = [
  'export',
  'plan',
  'restore',
  'reconcile',
  'verify',
  'diff',
  'check',
  'health',
  'topic-backup',
  'replay',
] as const;

export type Command = (typeof COMMANDS)[number];

const TALKS_TO_REGISTRY = ['export', 'plan', 'restore', 'reconcile', 'verify', 'diff', 'health', 'replay'] as const;
const SELECTS = ['export', 'plan', 'restore', 'reconcile', 'verify', 'diff'] as const;
const PLANS = ['plan', 'restore', 'reconcile'] as const;
const WRITES = ['restore', 'reconcile'] as const;
const COMMITS = ['export', 'restore', 'reconcile'] as const;
const READS_TREE = ['export', 'plan', 'restore', 'reconcile', 'verify', 'diff', 'check', 'health', 'replay'] as const;

/** By name: the commands that take it. */
export const INPUTS = {
  command: COMMANDS,
  'working-directory': COMMANDS,
  config: COMMANDS,
  'github-token': COMMANDS,
  comment: COMMANDS,
  'comment-id': COMMANDS,
  'fail-on': COMMANDS,
  tree: READS_TREE,
  // the registry
  registry: TALKS_TO_REGISTRY,
  url: TALKS_TO_REGISTRY,
  username: TALKS_TO_REGISTRY,
  password: TALKS_TO_REGISTRY,
  token: TALKS_TO_REGISTRY,
  'ca-cert': TALKS_TO_REGISTRY,
  'client-cert': TALKS_TO_REGISTRY,
  'client-key': TALKS_TO_REGISTRY,
  'client-key-password': TALKS_TO_REGISTRY,
  header: TALKS_TO_REGISTRY,
  concurrency: TALKS_TO_REGISTRY,
  // what of it
  subject: SELECTS,
  exclude: [...SELECTS, 'replay'],
  type: SELECTS,
  versions: ['export', 'verify', 'diff'],
  'soft-deleted': SELECTS,
  references: ['export', 'verify', 'diff'],
  // git
  commit: COMMITS,
  push: COMMITS,
  branch: ['export'],
  remote: ['export', 'plan', 'restore', 'reconcile', 'diff'],
  message: COMMITS,
  'author-name': COMMITS,
  'author-email': COMMITS,
  'open-pull-request': ['export'],
  'pull-request-branch': ['export'],
  // export
  full: ['export'],
  'allow-deletions': ['export', 'reconcile'],
  'include-sensitive': ['export'],
  // plan, restore, reconcile
  ref: [...PLANS, 'replay'],
  strategy: PLANS,
  ids: PLANS,
  'id-mapping-file': PLANS,
  map: [...PLANS, 'replay'],
  'to-context': [...PLANS, 'replay'],
  'set-compatibility': PLANS,
  'force-register': PLANS,
  settings: PLANS,
  reconcile: ['plan'],
  prune: ['plan', 'reconcile'],
  permanent: ['plan', 'reconcile'],
  out: ['plan'],
  plan: WRITES,
  yes: WRITES,
  // verify, plan, replay
  offline: ['plan', 'verify', 'replay'],
  // diff, topic-backup, replay
  from: ['diff', 'topic-backup', 'replay'],
  to: ['diff', 'topic-backup', 'replay'],
  // health
  'probe-writes': ['health'],
  'against-tree': ['health'],
  timeout: ['health'],
  slow: ['health'],
  lag: ['health'],
  // topic-backup
  topic: ['topic-backup'],
  'backup-id': ['topic-backup', 'replay'],
  // replay
  topics: ['replay'],
  since: ['replay'],
  until: ['replay'],
  'skip-damaged': ['replay'],
  'to-registry': ['replay'],
  'no-map': ['replay'],
  'with-schemas': ['replay'],
  'on-unknown': ['replay'],
  'no-scan': ['replay'],
  'dry-run': ['replay'],
  framing: ['replay'],
  context: ['replay'],
  rename: ['replay'],
  'create-topics': ['replay'],
  'replication-factor': ['replay'],
  'restore-groups': ['replay'],
  'into-existing': ['replay'],
  'tracking-headers': ['replay'],
  compression: ['replay'],
  'to-backup-id': ['replay'],
  shard: ['replay'],
  parallel: ['replay'],
  'rate-limit': ['replay'],
} as const satisfies Readonly<Record<string, readonly Command[]>>;

export type InputName = keyof typeof INPUTS;

export function isInputName(name: string): name is InputName {
  return Object.hasOwn(INPUTS, name);
}

export function takesInput(command: Command, name: InputName): boolean {
  const commands: readonly Command[] = INPUTS[name];
  return commands.includes(command);
}
