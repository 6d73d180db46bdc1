/** What every command shares: common flags, configuration, progress, interruption, and errors as text and exit code. */
import { type Config as CliConfig, Command, Flags, type Interfaces } from '@oclif/core';
import type { OnProgress } from '../app/progress.ts';
import { type ConfigNeeds, loadConfig, requireRegistry } from '../config/load-config.ts';
import type { Config, ConfigFlags, RegistrySettings } from '../config/types.ts';
import { hasColour, paintMarks, paintMessage } from './colour.ts';
import { describeError, errorDocument } from './describe-error.ts';
import { onInterrupt } from './interrupt.ts';
import { boundMemory } from './memory-flags.ts';
import { showProgress } from './progress.ts';
import { toUsageError } from './usage-error.ts';

export const commonFlags = {
  config: Flags.string({
    description: 'Configuration file; default srgit.yaml in this folder.',
    helpGroup: 'GLOBAL',
    helpValue: 'FILE',
  }),
  quiet: Flags.boolean({ char: 'q', description: 'Print errors only.', helpGroup: 'GLOBAL' }),
  debug: Flags.boolean({
    description: 'With an error, print its stack and the HTTP exchange (secrets masked).',
    helpGroup: 'GLOBAL',
  }),
  'no-color': Flags.boolean({ description: 'No colour (NO_COLOR does the same).', helpGroup: 'GLOBAL' }),
};

export const treeFlag = {
  tree: Flags.string({
    description: 'Folder of the schema tree; default `tree:` of the configuration, else schemas.',
    helpValue: 'DIR',
  }),
};

export const registryFlags = {
  registry: Flags.string({
    char: 'r',
    description: 'Registry by its name in srgit.yaml.',
    helpValue: 'NAME',
    helpGroup: 'REGISTRY',
  }),
  url: Flags.string({
    char: 'u',
    multiple: true,
    multipleNonGreedy: true,
    description: 'Base URL of the registry; once for each node. [env: SRGIT_URL]',
    helpGroup: 'REGISTRY',
  }),
  username: Flags.string({
    description: 'User for basic auth; the password comes from SRGIT_PASSWORD.',
    helpGroup: 'REGISTRY',
  }),
  'ca-cert': Flags.string({
    description: 'PEM file of a private certificate authority.',
    helpValue: 'FILE',
    helpGroup: 'REGISTRY',
  }),
  'client-cert': Flags.string({
    description: 'PEM file of the client certificate (mTLS).',
    helpValue: 'FILE',
    helpGroup: 'REGISTRY',
  }),
  'client-key': Flags.string({ description: 'PEM file of its key.', helpValue: 'FILE', helpGroup: 'REGISTRY' }),
  header: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'Header sent with every request: "Name: value".',
    helpGroup: 'REGISTRY',
  }),
  concurrency: Flags.integer({ min: 1, max: 256, description: 'Most requests at once.', helpGroup: 'REGISTRY' }),
};

export const selectionFlags = {
  subject: Flags.string({
    char: 's',
    multiple: true,
    multipleNonGreedy: true,
    description: 'Only subjects that match this glob; may be given more than once.',
    helpValue: 'GLOB',
    helpGroup: 'SELECTION',
  }),
  exclude: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'Not the subjects that match this glob.',
    helpValue: 'GLOB',
    helpGroup: 'SELECTION',
  }),
  type: Flags.option({
    options: ['AVRO', 'JSON', 'PROTOBUF'] as const,
    multiple: true,
    multipleNonGreedy: true,
    description: 'Only schemas of this type.',
    helpGroup: 'SELECTION',
  })(),
  versions: Flags.option({
    options: ['all', 'latest'] as const,
    description: 'Every version, or the latest live one of each subject.',
    helpGroup: 'SELECTION',
  })(),
  'soft-deleted': Flags.boolean({
    allowNo: true,
    description: 'Include soft-deleted versions (default yes).',
    helpGroup: 'SELECTION',
  }),
  references: Flags.boolean({
    allowNo: true,
    description: 'Include what selected schemas refer to (default yes).',
    helpGroup: 'SELECTION',
  }),
};

type CommonFlags = Interfaces.InferredFlags<typeof commonFlags>;

/** Flags of any command that bear on the configuration. */
interface SettingsFlags {
  readonly config?: string | undefined;
  readonly tree?: string | undefined;
  readonly registry?: string | undefined;
  readonly url?: string[] | undefined;
  readonly username?: string | undefined;
  readonly 'ca-cert'?: string | undefined;
  readonly 'client-cert'?: string | undefined;
  readonly 'client-key'?: string | undefined;
  readonly header?: string[] | undefined;
  readonly concurrency?: number | undefined;
  readonly subject?: string[] | undefined;
  readonly exclude?: string[] | undefined;
  readonly type?: ('AVRO' | 'JSON' | 'PROTOBUF')[] | undefined;
  readonly versions?: 'all' | 'latest' | undefined;
  readonly 'soft-deleted'?: boolean | undefined;
  readonly references?: boolean | undefined;
  readonly 'include-sensitive'?: boolean | undefined;
  readonly branch?: string | undefined;
  readonly remote?: string | undefined;
  readonly 'author-name'?: string | undefined;
  readonly 'author-email'?: string | undefined;
}

/** What the flags say of the configuration. */
export function configFlagsOf(flags: SettingsFlags & CommonFlags): ConfigFlags {
  return {
    config: flags.config,
    tree: flags.tree,
    registry: flags.registry,
    url: flags.url,
    username: flags.username,
    caCert: flags['ca-cert'],
    clientCert: flags['client-cert'],
    clientKey: flags['client-key'],
    headers: flags.header,
    concurrency: flags.concurrency,
    subjects: flags.subject,
    exclude: flags.exclude,
    schemaTypes: flags.type,
    versions: flags.versions,
    includeSoftDeleted: flags['soft-deleted'],
    includeReferences: flags.references,
    includeSensitive: flags['include-sensitive'],
    branch: flags.branch,
    remote: flags.remote,
    authorName: flags['author-name'],
    authorEmail: flags['author-email'],
  };
}

export abstract class BaseCommand extends Command {
  static override baseFlags = commonFlags;
  static override enableJsonFlag = true;

  readonly #interrupt = onInterrupt((text) => process.stderr.write(`\n${text}\n`));
  #view: ReturnType<typeof showProgress> | undefined;
  #common: CommonFlags | undefined;
  readonly #notes = new Set<string>();

  constructor(argv: string[], config: CliConfig) {
    super(argv, config);
    if (argv.includes('--no-color')) process.env['NO_COLOR'] = '1';
  }

  /** Aborted by Ctrl-C; every use case takes it. */
  protected get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** One configuration from file, environment and the command's flags. */
  protected settings(flags: SettingsFlags & CommonFlags, needs: ConfigNeeds): Config {
    this.#common = flags;
    boundMemory();
    const config = loadConfig(configFlagsOf(flags), process.env, process.cwd(), needs);
    for (const note of config.notes ?? []) this.#note(note);
    return config;
  }

  /** A line on stderr about what is no mistake; once, however often the configuration is read. */
  #note(text: string): void {
    if (this.#common?.quiet || this.#notes.has(text)) return;
    this.#notes.add(text);
    process.stderr.write(`Note: ${text}\n`);
  }

  /** The registry that the command is about. @throws SrgitError SRGIT_CONFIG_MISSING when none is configured. */
  protected registryOf(config: Config): RegistrySettings {
    return requireRegistry(config);
  }

  /** Shows progress on stderr, unless --quiet. */
  protected get onProgress(): OnProgress {
    if (this.#common?.quiet) return () => undefined;
    this.#view ??= showProgress(process.stderr, () => performance.now());
    return this.#view.onProgress;
  }

  /** Clears the line of progress, before something is written beside it. */
  protected endProgress(): void {
    this.#view?.end();
  }

  /** A line for people on stdout; nothing with --quiet or --json. */
  protected say(text: string): void {
    this.#view?.end();
    if (!this.#common?.quiet) this.log(hasColour(process.stdout, process.env, this.argv) ? paintMarks(text) : text);
  }

  /** A warning on stderr, also with --json. */
  protected caution(text: string): void {
    this.#view?.end();
    if (!this.#common?.quiet) this.#tell(`Warning: ${text}`);
  }

  protected override async catch(thrown: Error): Promise<void> {
    this.#view?.end();
    const error = toUsageError(thrown, this.ctor) ?? thrown;
    const { text, exitCode } = describeError(error, this.argv.includes('--debug'));
    process.exitCode = exitCode;
    if (this.jsonEnabled()) this.logJson(errorDocument(error));
    else this.#tell(text);
  }

  #tell(message: string): void {
    process.stderr.write(`${hasColour(process.stderr, process.env, this.argv) ? paintMessage(message) : message}\n`);
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    this.#view?.end();
    this.#interrupt.release();
    await super.finally(error);
  }
}
