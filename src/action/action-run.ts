/** What every command of the Action is given. */
import type { OnProgress } from '../app/progress.ts';
import { type ConfigNeeds, loadConfig, requireRegistry } from '../config/load-config.ts';
import type { Config, RegistrySettings } from '../config/types.ts';
import { SrgitError } from '../errors.ts';
import type { GitHub } from './github.ts';
import type { Inputs } from './inputs.ts';
import type { RunEvent } from './run-event.ts';
import type { Secrets } from './secrets.ts';

export interface ActionRun {
  readonly inputs: Inputs;
  readonly event: RunEvent;
  /** Of git and of what it starts: nothing of the inputs is in it. */
  readonly env: NodeJS.ProcessEnv;
  readonly secrets: Secrets;
  /** Absent without a token or outside of a repository. */
  readonly github?: GitHub | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  readonly warn: (text: string) => void;
}

/** The user that the runner's own token acts as. */
const BOT = {
  authorName: 'github-actions[bot]',
  authorEmail: '41898282+github-actions[bot]@users.noreply.github.com',
};

/** One configuration of file, environment and inputs; its secrets are masked when it comes back. */
export function configOf({ inputs, event, env, secrets }: ActionRun, needs: ConfigNeeds): Config {
  if (event.pullRequest?.isUntrusted === true && (needs.registry || needs.records !== undefined)) {
    // Its configuration can name any host to send the credentials of a `pull_request_target` run to.
    throw new SrgitError('SRGIT_USAGE', `command ${inputs.command} asks a registry, and a run for a fork asks none`, {
      hint: 'plan, check, diff and verify do without one there.',
    });
  }
  const { password, token, clientKeyPassword } = inputs.secrets;
  const given = {
    ...env,
    ...(password === undefined ? {} : { SRGIT_PASSWORD: password }),
    ...(token === undefined ? {} : { SRGIT_TOKEN: token }),
    ...(clientKeyPassword === undefined ? {} : { SRGIT_CLIENT_KEY_PASSWORD: clientKeyPassword }),
  };
  const config = loadConfig(inputs.flags, given, inputs.cwd, needs);
  secrets.maskConfig(config);
  const isNamed = config.git.authorName !== undefined || (env['GIT_AUTHOR_NAME'] ?? '') !== '';
  return { ...config, git: { ...(isNamed ? {} : BOT), ...config.git } };
}

export function registryOf(config: Config): RegistrySettings {
  return requireRegistry(config);
}

/** The process's environment without the inputs, which git and its hooks have no use for. */
export function environmentWithoutInputs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('INPUT_')));
}
