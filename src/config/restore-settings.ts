/** How a restore is to be done: the `restore:` section, in our spelling and in the backup tool's, and the flags over it. */
import { isAbsolute, resolve } from 'node:path';
import { SrgitError } from '../errors.ts';
import { COMPATIBILITY_LEVELS, type CompatibilityLevel } from '../model/schema-version.ts';
import type { IdPolicy, Strategy } from '../plan/plan.ts';
import type { RawConfig } from './raw-types.ts';
import { contextName } from './record-settings.ts';
import { type Refuse, stopAtFirst } from './refuse.ts';

export interface RestoreSettings {
  /** False: the file says that nothing is to be restored. */
  readonly enabled: boolean;
  readonly strategy: Strategy;
  /** The first glob that matches counts. */
  readonly strategyBySubject: readonly { readonly subjects: string; readonly strategy: Strategy }[];
  readonly ids: IdPolicy;
  /** Absolute path; of policy `manual`. */
  readonly idMappingFile?: string;
  /** Exact names, or a `*` on both sides; in the order given. */
  readonly subjectMapping: readonly { readonly from: string; readonly to: string }[];
  /** `.name` of the context that everything of the default one goes to. */
  readonly toContext?: string;
  readonly setCompatibility?: CompatibilityLevel;
  readonly forceRegister: boolean;
  readonly includeSoftDeleted: boolean;
  /** Config and modes too. */
  readonly settings: boolean;
}

/** What the command line says, beating the file. */
export interface RestoreFlags {
  readonly strategy?: Strategy | undefined;
  readonly ids?: IdPolicy | undefined;
  readonly idMappingFile?: string | undefined;
  /** `from=to` */
  readonly map?: readonly string[] | undefined;
  readonly toContext?: string | undefined;
  readonly setCompatibility?: string | undefined;
  readonly forceRegister?: boolean | undefined;
  readonly includeSoftDeleted?: boolean | undefined;
  readonly settings?: boolean | undefined;
}

export type RawRestore = NonNullable<RawConfig['restore']>;

/**
 * @param base folder that relative paths of the file start at.
 * @throws SrgitError SRGIT_CONFIG_INVALID where keys contradict each other.
 */
export function restoreSettings(
  raw: RawRestore | undefined,
  base: string,
  refuse: Refuse = stopAtFirst,
): RestoreSettings {
  const ids = idPolicy(raw ?? {}, refuse);
  return {
    enabled: raw?.enabled ?? true,
    strategy: raw?.strategy ?? 'preserve',
    strategyBySubject: Object.entries(raw?.strategy_by_subject ?? {}).map(([subjects, strategy]) => ({
      subjects,
      strategy,
    })),
    ids,
    ...(raw?.id_mapping_file === undefined ? {} : { idMappingFile: absolute(raw.id_mapping_file, base) }),
    subjectMapping: Object.entries(raw?.subject_mapping ?? {}).map(([from, to]) =>
      mapping(from, to, 'SRGIT_CONFIG_INVALID', refuse),
    ),
    ...(raw?.to_context === undefined
      ? {}
      : { toContext: contextName(raw.to_context, 'SRGIT_CONFIG_INVALID', refuse, ['restore', 'to_context']) }),
    ...(raw?.set_compatibility === undefined
      ? {}
      : { setCompatibility: compatibility(raw.set_compatibility, 'SRGIT_CONFIG_INVALID', refuse) }),
    forceRegister: raw?.force_register ?? false,
    includeSoftDeleted: raw?.include_soft_deleted ?? true,
    settings: raw?.settings ?? true,
  };
}

/**
 * @param cwd folder that relative paths of flags start at.
 * @throws SrgitError SRGIT_USAGE for a flag that cannot be understood.
 */
export function withRestoreFlags(settings: RestoreSettings, flags: RestoreFlags, cwd: string): RestoreSettings {
  const { idMappingFile: fileOfConfig, ...rest } = settings;
  const file = flags.idMappingFile === undefined ? fileOfConfig : absolute(flags.idMappingFile, cwd);
  // Naming a mapping file is asking for it, as it is in the configuration.
  const ids = flags.ids ?? (flags.idMappingFile === undefined ? settings.ids : 'manual');
  if (ids === 'manual' && file === undefined) {
    throw new SrgitError('SRGIT_USAGE', 'ids cannot be mapped by hand without a mapping', {
      hint: 'Name the file with --id-mapping-file: {"1": 100, "5": 101}.',
    });
  }
  return {
    ...rest,
    ids,
    ...(file === undefined ? {} : { idMappingFile: file }),
    strategy: flags.strategy ?? settings.strategy,
    // A strategy on the command line is meant for all of this run.
    strategyBySubject: flags.strategy === undefined ? settings.strategyBySubject : [],
    subjectMapping: flags.map === undefined ? settings.subjectMapping : flags.map.map((text) => parseMapping(text)),
    ...(flags.toContext === undefined ? {} : { toContext: contextName(flags.toContext, 'SRGIT_USAGE') }),
    ...(flags.setCompatibility === undefined
      ? {}
      : { setCompatibility: compatibility(flags.setCompatibility, 'SRGIT_USAGE') }),
    forceRegister: flags.forceRegister ?? settings.forceRegister,
    includeSoftDeleted: flags.includeSoftDeleted ?? settings.includeSoftDeleted,
    settings: flags.settings ?? settings.settings,
  };
}

/** `id_policy`, or what the backup tool's `rewrite_ids`, `force_ids`, `id_mapping` and `id_mapping_file` come to. */
function idPolicy(raw: RawRestore, refuse: Refuse): IdPolicy {
  const asked: [key: string, policy: IdPolicy][] = [];
  if (raw.id_policy !== undefined) asked.push(['id_policy', raw.id_policy]);
  if (raw.force_ids === true) asked.push(['force_ids', 'force']);
  if (raw.id_mapping_file !== undefined) asked.push(['id_mapping_file', 'manual']);
  // With a mapping file `rewrite_ids` is about the records, which are rewritten by the same file.
  else if (raw.rewrite_ids === true) asked.push(['rewrite_ids', 'rewrite']);
  const [first, ...others] = asked;
  const contradiction = (one: string, other: string): void =>
    refuse(
      new SrgitError('SRGIT_CONFIG_INVALID', `restore.${one} and restore.${other} contradict each other`, {
        hint: 'Keep one: ids are either those of the source (force) or the target’s own, with a map (rewrite).',
      }),
      ['restore', other],
    );
  const needsMap = (['rewrite_ids', 'id_mapping_file'] as const).find((key) => raw[key] ?? false);
  if (raw.id_mapping === false && needsMap !== undefined) contradiction('id_mapping', needsMap);
  if (first === undefined) return 'rewrite';
  const other = others.find(([, policy]) => policy !== first[1]);
  if (other !== undefined) contradiction(first[0], other[0]);
  else if (raw.force_ids === true && raw.rewrite_ids === true) contradiction('force_ids', 'rewrite_ids');
  if (first[1] === 'manual' && raw.id_mapping_file === undefined) {
    refuse(
      new SrgitError('SRGIT_CONFIG_INVALID', 'restore.id_policy is manual, but there is no id_mapping_file', {
        hint: 'Name the file: {"1": 100, "5": 101}.',
      }),
      ['restore', 'id_policy'],
    );
  }
  return first[1];
}

type Blame = 'SRGIT_CONFIG_INVALID' | 'SRGIT_USAGE';

/** A subject's name may hold `=`; the last one that leaves both sides something divides. */
function parseMapping(text: string): { from: string; to: string } {
  const at = text.indexOf('=');
  if (at <= 0 || at === text.length - 1) {
    throw new SrgitError('SRGIT_USAGE', `--map ${text} is not FROM=TO`, {
      hint: "For example --map 'orders-value=restored-orders-value', or --map '*=eu-*'.",
    });
  }
  return mapping(text.slice(0, at), text.slice(at + 1), 'SRGIT_USAGE');
}

function mapping(from: string, to: string, blame: Blame, refuse: Refuse = stopAtFirst): { from: string; to: string } {
  const [left, right] = [starsOf(from), starsOf(to)];
  if (left !== right || left > 1 || from === '' || to === '') {
    refuse(
      new SrgitError(blame, `${JSON.stringify(from)} cannot be mapped to ${JSON.stringify(to)}`, {
        hint: 'Give exact names, or one * on both sides: what it stands for is kept.',
      }),
      ['restore', 'subject_mapping', from],
    );
  }
  return { from, to };
}

function starsOf(pattern: string): number {
  return pattern.split('*').length - 1;
}

function compatibility(text: string, blame: Blame, refuse: Refuse = stopAtFirst): CompatibilityLevel {
  const level = COMPATIBILITY_LEVELS.find((known) => known === text.toUpperCase());
  if (level !== undefined) return level;
  refuse(
    new SrgitError(blame, `${JSON.stringify(text)} is not a compatibility level`, {
      hint: `One of ${COMPATIBILITY_LEVELS.join(', ')}.`,
    }),
    ['restore', 'set_compatibility'],
  );
  return 'NONE';
}

function absolute(path: string, folder: string): string {
  return isAbsolute(path) ? path : resolve(folder, path);
}
