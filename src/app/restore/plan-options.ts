/** What was configured and asked for, as a plan's options. */
import { readFileSync } from 'node:fs';
import type { RestoreSettings } from '../../config/restore-settings.ts';
import { SrgitError } from '../../errors.ts';
import { isJsonObject } from '../../model/json.ts';
import { DEFAULT_CONTEXT } from '../../model/subject-name.ts';
import type { PlanOptions } from '../../plan/plan.ts';

export interface PlanRequest {
  readonly kind: PlanOptions['kind'];
  readonly restore: RestoreSettings;
  readonly prune: boolean;
  readonly permanent: boolean;
}

/** @throws SrgitError SRGIT_CONFIG_INVALID for a mapping file that is none. */
export function planOptions({ kind, restore, prune, permanent }: PlanRequest): PlanOptions {
  const { idMappingFile, toContext, setCompatibility } = restore;
  return {
    kind,
    strategy: restore.strategy,
    strategyBySubject: restore.strategyBySubject,
    ids: restore.ids,
    ...(restore.ids === 'manual' && idMappingFile !== undefined ? { idMapping: readIdMapping(idMappingFile) } : {}),
    subjectMapping: restore.subjectMapping,
    ...(toContext === undefined ? {} : { toContext: { from: DEFAULT_CONTEXT, to: toContext } }),
    ...(setCompatibility === undefined ? {} : { setCompatibility }),
    forceRegister: restore.forceRegister,
    includeSoftDeleted: restore.includeSoftDeleted,
    settings: restore.settings,
    prune,
    permanent: prune && permanent,
  };
}

type IdMapping = NonNullable<PlanOptions['idMapping']>;

/** `{"1": 100}`, which is about the default context, or one such object for each context: `{".staging": {"1": 100}}`. */
export function readIdMapping(file: string): IdMapping {
  const value = readJson(file);
  if (!isJsonObject(value)) throw invalidMapping(file, 'it is no JSON object');
  const contexts = new Map<string, Record<string, number>>();
  for (const [key, entry] of Object.entries(value)) {
    if (key.startsWith('.') && isJsonObject(entry)) {
      for (const [id, to] of Object.entries(entry)) put(file, contexts, key, id, to);
    } else put(file, contexts, DEFAULT_CONTEXT, key, entry);
  }
  return Object.fromEntries(contexts);
}

function put(file: string, contexts: Map<string, Record<string, number>>, context: string, id: string, to: unknown) {
  if (!/^-?(0|[1-9][0-9]{0,9})$/.test(id) || typeof to !== 'number' || !Number.isInteger(to)) {
    throw invalidMapping(file, `${JSON.stringify(id)}: ${JSON.stringify(to)} is no pair of ids`);
  }
  const ids = contexts.get(context) ?? {};
  ids[id] = to;
  contexts.set(context, ids);
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new SrgitError('SRGIT_CONFIG_INVALID', `${file} cannot be read: ${reason}`, {
      hint: 'Check the path of the id mapping and its permissions.',
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch {
    throw invalidMapping(file, 'it is no JSON');
  }
}

function invalidMapping(file: string, why: string): SrgitError {
  return new SrgitError('SRGIT_CONFIG_INVALID', `${file} is no id mapping: ${why}`, {
    hint: 'Source id to target id: {"1": 100, "5": 101}; for other contexts {".staging": {"1": 7}}.',
  });
}
