/** Where mistakes of the configuration go: a command stops at the first, `config check` gathers them. */
import type { SrgitError } from '../errors.ts';

/**
 * Called for a setting that cannot be used; a caller that comes back goes on with a stand-in.
 *
 * @param path keys of the setting, in the words of srgit.yaml.
 */
export type Refuse = (error: SrgitError, path: readonly string[]) => void;

export const stopAtFirst: Refuse = (error) => {
  throw error;
};
