/** The Action's inputs, decoded and checked in one place. An empty input is one that was not given. */
import { resolve } from 'node:path';
import { getInput } from '@actions/core';
import { nearestName } from '../config/nearest-name.ts';
import type { RestoreFlags } from '../config/restore-settings.ts';
import type { ConfigFlags } from '../config/types.ts';
import { SrgitError } from '../errors.ts';
import { SCHEMA_TYPES } from '../model/schema-version.ts';
import { COMMANDS, type Command, INPUTS, type InputName, isInputName, takesInput } from './input-table.ts';

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
    flags: configFlags(),
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
  };
}

function configFlags(): ConfigFlags {
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
    exclude: lines('exclude'),
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

function text(name: InputName): string | undefined {
  const value = getInput(name);
  return value === '' ? undefined : value;
}

/** One value a line. */
function lines(name: InputName): readonly string[] | undefined {
  const values = (text(name) ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return values.length === 0 ? undefined : values;
}

/** As YAML 1.2 has them; `yes` and `on` are no booleans there. */
function flag(name: InputName): boolean | undefined {
  const value = text(name);
  if (value === undefined) return undefined;
  if (/^(true|True|TRUE)$/.test(value)) return true;
  if (/^(false|False|FALSE)$/.test(value)) return false;
  throw usage(`${name}: ${JSON.stringify(value)} is neither true nor false`, 'Write true or false.');
}

function number(name: InputName, least: number, most = Number.MAX_SAFE_INTEGER): number | undefined {
  const value = text(name);
  if (value === undefined) return undefined;
  const parsed = Number(value);
  if (/^[0-9]{1,16}$/.test(value) && parsed >= least && parsed <= most) return parsed;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw usage(`${name}: ${JSON.stringify(value)} is no number ${range}`, 'Write it in digits.');
}

function choice<T extends string>(name: InputName, options: readonly T[]): T | undefined {
  const value = text(name);
  return value === undefined ? undefined : oneOf(name, value, options);
}

function oneOf<T extends string>(name: InputName, value: string, options: readonly T[]): T {
  const found = options.find((option) => option === value);
  if (found !== undefined) return found;
  const nearest = nearestName(value, options);
  const known = `One of ${options.join(', ')}.`;
  throw usage(
    `${name}: there is no ${JSON.stringify(value)}`,
    nearest === undefined ? known : `Did you mean ${nearest}? ${known}`,
  );
}

function usage(what: string, hint: string): SrgitError {
  return new SrgitError('SRGIT_USAGE', `input ${what}`, { hint });
}
