/** What the workflows of an organisation stand on: a registry behind a password, a remote with srgit.yaml, its secrets. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { type EmbeddedRegistry, registryDuringTest } from '../support/embedded-registry.ts';
import { git, remote } from '../support/git.ts';
import { startSecureFront } from '../support/secure-front.ts';

export const USERNAME = 'srgit-ci';
export const PASSWORD = 'hunter2-of-the-organisation';

/** The same user for every role: that the workflows ask for different ones is theirs to say. */
export const SECRETS: Readonly<Record<string, string>> = Object.fromEntries(
  ['SR', 'SR_READER', 'SR_WRITER', 'DR_SR'].flatMap((role) => [
    [`secrets.${role}_USERNAME`, USERNAME],
    [`secrets.${role}_PASSWORD`, PASSWORD],
  ]),
);

/** @returns the registry as it is without its door, and its URL behind it. */
export async function guardedRegistry(
  snapshot?: RegistrySnapshot,
): Promise<{ readonly registry: EmbeddedRegistry; readonly url: string }> {
  const registry = await registryDuringTest(snapshot);
  const auth = { type: 'basic', username: USERNAME, password: PASSWORD } as const;
  const front = await startSecureFront({ target: registry.url, auth });
  onTestFinished(() => front.close());
  return { registry, url: front.url };
}

/** A remote whose branch main has a configuration, and a clone to work in. @param more of srgit.yaml. */
export function organisation(
  registries: Readonly<Record<string, string>>,
  more = '',
): { readonly url: string; readonly work: string } {
  const bare = remote();
  const work = bare.clone('work');
  const auth = '{ type: basic, username: "$' + '{SR_USERNAME}", password: "$' + '{SR_PASSWORD}" }';
  const named = Object.entries(registries).map(([name, url]) => `  ${name}: { url: "${url}", auth: ${auth} }\n`);
  const section = named.length === 0 ? '' : `registries:\n${named.join('')}`;
  writeFileSync(join(work, 'srgit.yaml'), `${section}${more}`);
  commitAndPush(work, 'Begin');
  return { url: bare.url, work };
}

export function commitAndPush(work: string, message: string, branch = 'main'): void {
  git(work, 'add', '--all');
  git(work, 'commit', '--quiet', '--message', message);
  git(work, 'push', '--quiet', '--force', 'origin', `HEAD:refs/heads/${branch}`);
}

/** Nobody pushes to main, as a rule of the repository has it. */
export function protectMain(bare: string): void {
  writeFileSync(join(bare, 'hooks/update'), '#!/bin/sh\n[ "$1" != refs/heads/main ]\n', { mode: 0o755 });
}
