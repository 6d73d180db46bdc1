/** The Action's inputs, decoded and checked in one place. An empty input is one that was not given. */
import { resolve } from 'node:path';
import type { RestoreFlags } from '../config/restore-settings.ts';
import type { ConfigFlags } from '../config/types.ts';
import { SrgitError } from '../errors.ts';
import { SCHEMA_TYPES } from '../model/schema-version.ts';
import { COMMANDS, type Command, INPUTS, type InputName, isInputName, takesInput } from './input-table.ts';
import { choice, flag, lines, number, oneOf, text, usage } from './input-values.ts';
import { type ReplayInputs, readReplayInputs } from './replay-inputs.ts';

export type FailOn = 'problems' | 'changes' | 'never';

export interface Inputs {
  readonly command: Command;
  /** Absolute; relative paths of other inputs start here. */
  readonly cwd: string;
  readonly flags: ConfigFlags;
  readonly how: RestoreFlags;
  readonly secrets: {
    readonly password?: string | undefined;
    readonly token?: string | undefined;
    readonly clientKeyPassword?: string | undefined;
  };
  readonly githubToken?: string | undefined;
  /** `auto`: on pull requests, where the token may write. */
  readonly comment: 'auto' | 'always' | 'never';
  /** Tells several comments of one job apart. */
  readonly commentId?: string | undefined;
  readonly failOn: FailOn;
  readonly commit: boolean;
  readonly push: boolean;
  readonly message?: string | undefined;
  readonly openPullRequest: boolean;
  readonly pullRequestBranch?: string | undefined;
  readonly full: boolean;
  readonly allowDeletions: boolean;
  readonly ref?: string | undefined;
  readonly reconcile: boolean;
  readonly prune: boolean;
  readonly permanent: boolean;
  /** Absolute. */
  readonly out?: string | undefined;
  /** Absolute. */
  readonly plan?: string | undefined;
  readonly yes: boolean;
  readonly offline: boolean;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly probeWrites: boolean;
  readonly againstTree: boolean;
  /** Seconds. */
  readonly timeout: number;
  /** Milliseconds. */
  readonly slow: number;
  /** Milliseconds. */
  readonly lag: number;
  readonly topic?: string | undefined;
  readonly backupId?: string | undefined;
  /** Of command replay, and only there. */
  readonly replay?: ReplayInputs | undefined;
}

/**
 * @param workspace folder that `working-directory` starts at.
 * @throws SrgitError SRGIT_USAGE that names the input.
 */
export function readInputs(workspace: string): Inputs {
  const command = choice('command', COMMANDS);
  if (command === undefined) {
    throw new SrgitError('SRGIT_USAGE', 'the input command is missing', { hint: `One of ${COMMANDS.join(', ')}.` });
  }
  refuseForeign(command);
  const cwd = resolve(workspace, text('working-directory') ?? '.');
  const path = (name: InputName): string | undefined => {
    const value = text(name);
    return value === undefined ? undefined : resolve(cwd, value);
  };
  const prune = flag('prune') ?? false;
  const permanent = flag('permanent') ?? false;
  if (permanent && !prune) throw usage('permanent needs prune: true', 'It deletes for good what prune soft-deletes.');
  const openPullRequest = flag('open-pull-request') ?? false;
  if (openPullRequest && text('branch') !== undefined) {
    throw usage(
      'branch and open-pull-request exclude each other',
      'The branch of the pull request is pull-request-branch.',
    );
  }
  if (!openPullRequest && text('pull-request-branch') !== undefined) {
    throw usage('pull-request-branch needs open-pull-request: true', 'Without it nothing is pushed there.');
  }
  const push = flag('push') ?? false;
  return {
    command,
    cwd,
    flags: configFlags(command),
    how: restoreFlags(),
    secrets: { password: text('password'), token: text('token'), clientKeyPassword: text('client-key-password') },
    githubToken: text('github-token'),
    comment: choice('comment', ['auto', 'always', 'never'] as const) ?? 'auto',
    commentId: text('comment-id'),
    failOn: choice('fail-on', ['problems', 'changes', 'never'] as const) ?? 'problems',
    commit: (flag('commit') ?? false) || push || openPullRequest,
    push,
    message: text('message'),
    openPullRequest,
    pullRequestBranch: text('pull-request-branch'),
    full: flag('full') ?? false,
    allowDeletions: flag('allow-deletions') ?? false,
    ref: text('ref'),
    reconcile: flag('reconcile') ?? false,
    prune,
    permanent,
    out: path('out'),
    plan: path('plan'),
    yes: flag('yes') ?? false,
    offline: flag('offline') ?? false,
    from: text('from'),
    to: text('to'),
    probeWrites: flag('probe-writes') ?? false,
    againstTree: flag('against-tree') ?? false,
    timeout: number('timeout', 1) ?? 5,
    slow: number('slow', 1) ?? 1000,
    lag: number('lag', 0) ?? 2000,
    topic: text('topic'),
    backupId: text('backup-id'),
    replay: command === 'replay' ? readReplayInputs(cwd) : undefined,
  };
}

function configFlags(command: Command): ConfigFlags {
  return {
    config: text('config'),
    tree: text('tree'),
    registry: text('registry'),
    url: lines('url'),
    username: text('username'),
    caCert: text('ca-cert'),
    clientCert: text('client-cert'),
    clientKey: text('client-key'),
    headers: lines('header'),
    concurrency: number('concurrency', 1, 256),
    subjects: lines('subject'),
    // In a replay it is about topics.
    exclude: command === 'replay' ? undefined : lines('exclude'),
    schemaTypes: lines('type')?.map((type) => oneOf('type', type, SCHEMA_TYPES)),
    versions: choice('versions', ['all', 'latest'] as const),
    includeSoftDeleted: flag('soft-deleted'),
    includeReferences: flag('references'),
    includeSensitive: flag('include-sensitive'),
    branch: text('branch'),
    remote: text('remote'),
    authorName: text('author-name'),
    authorEmail: text('author-email'),
  };
}

function restoreFlags(): RestoreFlags {
  return {
    strategy: choice('strategy', ['preserve', 'skip', 'overwrite'] as const),
    ids: choice('ids', ['rewrite', 'keep', 'force', 'manual'] as const),
    idMappingFile: text('id-mapping-file'),
    map: lines('map'),
    toContext: text('to-context'),
    setCompatibility: text('set-compatibility'),
    forceRegister: flag('force-register'),
    includeSoftDeleted: flag('soft-deleted'),
    settings: flag('settings'),
  };
}

/** What would be left aside without a word: `prune: true` of an export deletes nothing, whatever its writer meant. */
function refuseForeign(command: Command): void {
  for (const name of Object.keys(INPUTS)) {
    if (!isInputName(name) || takesInput(command, name) || text(name) === undefined) continue;
    throw usage(
      `${name} says nothing to command ${command}`,
      `It is an input of ${INPUTS[name].join(', ')}: take it out, or choose another command.`,
    );
  }
}
