/** One git process at a time, through simple-git, with errors that say what to do. */
import { type SimpleGit, simpleGit } from 'simple-git';
import { hideCredentials, SrgitError, throwIfAborted } from '../errors.ts';

export interface GitOptions {
  /** Environment of the git processes: the caller's own, so that its credentials, SSH and proxy settings hold. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The library's guards keep untrusted text out of git's options. Here the environment is the user's own, and every
 * argument is made in this room: names that come from outside are checked first (checkBranchName) or follow `--`.
 */
const OWN_ENVIRONMENT_IS_TRUSTED = {
  allowUnsafeAskPass: true,
  allowUnsafeConfigEnvCount: true,
  allowUnsafeConfigPaths: true,
  allowUnsafeCredentialHelper: true,
  allowUnsafeEditor: true,
  allowUnsafeGitProxy: true,
  allowUnsafePager: true,
  allowUnsafeProtocolOverride: true,
  allowUnsafeSshCommand: true,
  allowUnsafeTemplateDir: true,
} as const;

export class GitCommand {
  readonly #git: SimpleGit;
  readonly #signal: AbortSignal | undefined;

  constructor(folder: string, options: GitOptions, extraEnv: Readonly<Record<string, string>> = {}) {
    const env: NodeJS.ProcessEnv = {
      ...options.env,
      // Messages are matched nowhere but in hints; a prompt would hang a nightly job for ever.
      LC_ALL: 'C',
      GIT_TERMINAL_PROMPT: options.env['GIT_TERMINAL_PROMPT'] ?? '0',
      ...extraEnv,
    };
    this.#signal = options.signal;
    this.#git = simpleGit({
      baseDir: folder,
      // Aborting sends SIGINT, at which git removes its locks.
      ...(options.signal ? { abort: options.signal } : {}),
      // By default it waits 50 ms after a git that printed nothing.
      completion: { onClose: true, onExit: false },
      allowEnvironment: Object.keys(env),
      unsafe: OWN_ENVIRONMENT_IS_TRUSTED,
      // Without this, a git that says no without a word (rev-parse --quiet) would pass for a yes.
      errors: (error, { exitCode, stdErr, stdOut }) =>
        exitCode === 0 ? error : (error ?? Buffer.concat([...stdErr, ...stdOut, Buffer.from(`exit code ${exitCode}`)])),
    }).env(env);
  }

  /** Standard output of `git …args`, without its last line break. */
  async run(...args: readonly string[]): Promise<string> {
    throwIfAborted(this.#signal);
    try {
      return (await this.#git.raw([...args])).replace(/\n$/, '');
    } catch (error) {
      throwIfAborted(this.#signal);
      throw gitFailure(args, error);
    }
  }

  /** Like `run`, but undefined where git says no. */
  async ask(...args: readonly string[]): Promise<string | undefined> {
    try {
      return await this.run(...args);
    } catch (error) {
      if (error instanceof SrgitError && error.code !== 'SRGIT_INTERRUPTED') return undefined;
      throw error;
    }
  }

  /** Like `run`, waiting up to `seconds` while another git process holds the repository's lock. */
  async runUnlocked(seconds: number, ...args: readonly string[]): Promise<string> {
    const end = performance.now() + seconds * 1000;
    for (;;) {
      try {
        return await this.run(...args);
      } catch (error) {
        if (!(error instanceof SrgitError) || error.code !== 'SRGIT_GIT_BUSY' || performance.now() > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }
}

function gitFailure(args: readonly string[], error: unknown): SrgitError {
  const output = hideCredentials(error instanceof Error ? error.message : String(error)).trim();
  const command = `git ${args.find((arg) => !arg.startsWith('-')) ?? ''}`.trim();
  const line =
    output
      .split('\n')
      .map((text) => text.trim())
      .find((text) => /^(fatal|error|remote: error| ! \[)/.test(text)) ??
    output.split('\n')[0] ??
    '';
  const options = { cause: new Error(output), details: { command } };
  if (/ENOENT/.test(output) && /spawn/.test(output)) {
    return new SrgitError('SRGIT_GIT_FAILED', 'git is not installed or not on PATH', {
      ...options,
      hint: 'Install git.',
    });
  }
  if (/index\.lock|\.lock': File exists|Another git process/.test(output)) {
    return new SrgitError('SRGIT_GIT_BUSY', `${command}: another git process is at work in this repository`, {
      ...options,
      retriable: true,
      hint: `If none is running, one was killed: remove ${lockFile(output)} and try again.`,
    });
  }
  if (/tell me who you are|empty ident name|no email was given|unable to auto-detect email/i.test(output)) {
    return new SrgitError('SRGIT_GIT_NO_IDENTITY', 'git does not know who commits', {
      ...options,
      hint: 'Pass --author-name and --author-email, or set git config user.name and user.email.',
    });
  }
  if (/dubious ownership/.test(output)) {
    return new SrgitError('SRGIT_GIT_FAILED', `${command}: the repository belongs to another user`, {
      ...options,
      hint: 'Run: git config --global --add safe.directory <path of the repository>',
    });
  }
  if (/\[(remote )?rejected\]|non-fast-forward|fetch first|failed to push some refs/.test(output)) {
    return new SrgitError('SRGIT_GIT_PUSH_REJECTED', `${command}: ${line}`, {
      ...options,
      retriable: /fetch first|non-fast-forward|cannot lock ref/.test(output),
      hint: 'The branch may be protected: push to another one with --branch and open a pull request.',
    });
  }
  return new SrgitError('SRGIT_GIT_FAILED', `${command}: ${line}`, {
    ...options,
    hint: 'Correct that and run the command again; nothing was lost.',
  });
}

/** The lock that stands in the way. That nobody holds it any more is for a person to say: a commit holds it while its editor is open. */
function lockFile(output: string): string {
  return /'([^'\n]+\.lock)'/.exec(output)?.[1] ?? 'the .lock file in .git';
}
