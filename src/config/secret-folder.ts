/** Kubernetes Secrets as files: `SRGIT_SECRETS_DIR/<name>/<key>`, as a pod mounts them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nonEmpty } from './setting.ts';

const VARIABLE = 'SRGIT_SECRETS_DIR';

/** What Kubernetes allows, so that a name cannot lead out of the folder. */
const PLAIN_NAME = /^(?!\.{1,2}$)[-._a-zA-Z0-9]{1,253}$/;

/** undefined where there is no such folder or file. The one line end that `echo` leaves is not part of a secret. */
export function mountedSecret(env: NodeJS.ProcessEnv, name: string, key: string): string | undefined {
  const folder = nonEmpty(env[VARIABLE]);
  if (folder === undefined || !PLAIN_NAME.test(name) || !PLAIN_NAME.test(key)) return undefined;
  try {
    return readFileSync(join(folder, name, key), 'utf8').replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}

/** What to do about a Secret that is not there. */
export function secretsHint(env: NodeJS.ProcessEnv, name: string): string {
  const folder = nonEmpty(env[VARIABLE]);
  const mounted =
    folder === undefined
      ? `name the folder that Secrets are mounted in with ${VARIABLE}`
      : `mount it at ${folder}/${name}`;
  return `Put the Secret into the same file as a document of its own, or ${mounted}.`;
}
