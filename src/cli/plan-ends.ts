/** The two ends of a plan as they are typed, `--from` and `--to`: registry:NAME, tree:DIR or ref:NAME. */
import { nearestName } from '../config/nearest-name.ts';
import { SrgitError } from '../errors.ts';

export interface PlanEnd {
  readonly kind: 'registry' | 'tree' | 'ref';
  /** Registry of srgit.yaml or its URL; folder; branch, tag or commit. */
  readonly name: string;
}

const KINDS = ['registry', 'tree', 'ref'] as const;

/** @throws SrgitError SRGIT_USAGE */
export function parsePlanEnd(flag: 'from' | 'to', text: string): PlanEnd {
  const [, word = '', name = ''] = /^([a-z]+):(.*)$/is.exec(text) ?? [];
  const kind = KINDS.find((known) => known === word);
  if (kind !== undefined && name !== '') return { kind, name };
  if (kind !== undefined) {
    throw new SrgitError('SRGIT_USAGE', `--${flag} ${text} names nothing after the colon`, { hint: examples(flag) });
  }
  throw new SrgitError('SRGIT_USAGE', `--${flag} ${text} does not say whether it is a registry, a tree or a ref`, {
    hint: guess(flag, text, word, name) ?? examples(flag),
  });
}

function guess(flag: string, text: string, word: string, name: string): string | undefined {
  if (/^https?:\/\//i.test(text)) return `Write --${flag} registry:${text}.`;
  if (word === '')
    return text === '' ? undefined : `Write --${flag} ${KINDS.map((kind) => `${kind}:${text}`).join(', ')}.`;
  const nearest = nearestName(word, KINDS);
  return nearest === undefined ? undefined : `Did you mean --${flag} ${nearest}:${name}?`;
}

function examples(flag: string): string {
  return `For example --${flag} registry:staging, --${flag} tree:registries/staging, --${flag} ref:v1.2.`;
}
