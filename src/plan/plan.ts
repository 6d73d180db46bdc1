/**
 * A plan: everything that a restore or a reconcile will do to a registry, in order, decided before the first write.
 * Plain JSON: it is printed, reviewed, saved, and carried out as it stands.
 */
import type { JsonValue } from '../model/json.ts';
import type { RegistryKind } from '../model/registry-snapshot.ts';
import type { CompatibilityLevel, Metadata, Reference, RuleSet, SchemaType } from '../model/schema-version.ts';
import type { DriftCause } from './drift-cause.ts';
import type { Reason } from './reasons.ts';

export const PLAN_FORMAT = 1;

export type Strategy = 'preserve' | 'skip' | 'overwrite';
export type IdPolicy = 'rewrite' | 'keep' | 'force' | 'manual';

/** What was asked for, as it counts for the plan. */
export interface PlanOptions {
  /** `restore` adds, `reconcile` makes equal. */
  readonly kind: 'restore' | 'reconcile';
  readonly strategy: Strategy;
  /** First match wins; globs over qualified source subjects. */
  readonly strategyBySubject: readonly { readonly subjects: string; readonly strategy: Strategy }[];
  readonly ids: IdPolicy;
  /** For `manual`: context to source id to target id. */
  readonly idMapping?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Source name, or glob with one `*`, to target name with as many; qualified names. In the order given. */
  readonly subjectMapping: readonly { readonly from: string; readonly to: string }[];
  /** Everything of the default context, or of the one named by `from`, goes into this context. */
  readonly toContext?: { readonly from: string; readonly to: string };
  /** Level in force while a subject is restored; the tree's own is put back. */
  readonly setCompatibility?: CompatibilityLevel;
  /** Register what is incompatible too: the level is NONE for the time of it. */
  readonly forceRegister: boolean;
  readonly includeSoftDeleted: boolean;
  /** Config and modes of subjects, contexts and the registry. */
  readonly settings: boolean;
  /** reconcile: soft-delete what the tree lacks. */
  readonly prune: boolean;
  /** With `prune` hard-delete it. */
  readonly permanent: boolean;
}

export interface PlanSource {
  readonly kind: 'tree' | 'registry';
  /** Folder of the tree, or name of the registry. */
  readonly name: string;
  /** Commit of the tree when it is in git and clean. */
  readonly commit?: string;
  /** Hash over every row and setting that the plan was made from. */
  readonly fingerprint: string;
}

export interface PlanTarget {
  readonly name: string;
  readonly kind: RegistryKind;
  readonly version?: string;
  /** Hash over the registry's state as the plan saw it: a saved plan is refused when it moved. */
  readonly fingerprint: string;
  /** There is no registry: the plan is for one that is as this tree says. It is looked at, never carried out. */
  readonly tree?: { readonly name: string; readonly commit?: string };
}

/** How sure a step's outcome is. */
export type Verdict =
  /** The live server was asked. */
  | 'proved'
  /** Played through on the rules of Confluent 8.3.1. */
  | 'simulated'
  /** This kind of server does not tell. */
  | 'unverifiable';

interface StepBase {
  /** Place in the plan, from 0; the journal names steps by it. */
  readonly step: number;
  /** Target's name: qualified subject, `:.ctx:`, or `` for the registry. */
  readonly subject: string;
  readonly verdict: Verdict;
}

/** A version comes to be. Its text is looked up in the source by `from`: a plan does not carry texts. */
export interface RegisterStep extends StepBase {
  readonly action: 'register';
  readonly from: { readonly subject: string; readonly version: number; readonly id?: number };
  readonly schemaType: SchemaType;
  /** Of the text to send. */
  readonly sha256: string;
  /** As the target is to store them: mapped subjects and versions. */
  readonly references: readonly Reference[];
  readonly metadata?: Metadata;
  readonly ruleSet?: RuleSet;
  /** `import`: sent with id and version, in IMPORT mode. `post`: the server gives both. */
  readonly way: 'import' | 'post';
  /** Sent (`import`), or expected (`post`; absent where it cannot be told). */
  readonly id?: number;
  readonly version: number;
  /** Identity of the content in the target, by Confluent's rule. */
  readonly guid: string;
}

export interface DeleteVersionStep extends StepBase {
  readonly action: 'delete-version';
  readonly version: number;
  readonly permanent: boolean;
  /** `soft-deleted`: the tree has it so. `replace`: an overwrite makes room. `prune`: the tree lacks it. */
  readonly why: 'soft-deleted' | 'replace' | 'prune';
}

export interface DeleteSubjectStep extends StepBase {
  readonly action: 'delete-subject';
  readonly permanent: boolean;
  /** Versions that it deletes: the live ones, or with `permanent` the soft-deleted ones. */
  readonly versions: readonly number[];
  readonly why: 'replace' | 'prune';
}

export interface SetModeStep extends StepBase {
  readonly action: 'set-mode';
  /** null: DELETE /mode. */
  readonly mode: string | null;
  /** As it was when the plan was made; null when the level had none of its own. */
  readonly before: string | null;
  /** Put back to `before` whatever happens: a step of the plan does so, and the journal after a crash. */
  readonly temporary: boolean;
}

export interface SetConfigStep extends StepBase {
  readonly action: 'set-config';
  /**
   * Members of `PUT /config` by their names there (`compatibility`), null for what is to be unset; the whole is null
   * for DELETE /config.
   */
  readonly config: Readonly<Record<string, JsonValue>> | null;
  readonly before: Readonly<Record<string, JsonValue>> | null;
  readonly temporary: boolean;
}

export type PlanStep = RegisterStep | DeleteVersionStep | DeleteSubjectStep | SetModeStep | SetConfigStep;

/** Something that keeps the plan from being carried out (`error`), or that its reader must know (`warning`). */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly reason: Reason;
  /** Source's subject, or the target's where the source has none. */
  readonly subject?: string;
  readonly version?: number;
  /** One line, with the names that a person needs. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** File of the tree that it is about. */
  readonly file?: string;
}

/** What becomes of one subject. */
export interface SubjectPlan {
  /** Source's name; absent for what is only in the target. */
  readonly from?: string;
  readonly subject: string;
  readonly outcome: 'create' | 'extend' | 'replace' | 'same' | 'skip' | 'prune' | 'settings';
  /** Versions that are registered by the plan, in the target's numbers. */
  readonly adds: readonly number[];
  /** Versions that are there already, with the same content. */
  readonly keeps: readonly number[];
  readonly deletes: readonly number[];
  readonly changesConfig: boolean;
  readonly changesMode: boolean;
  /** Why the registry is likely not what the tree says; absent where nothing tells. */
  readonly causes?: readonly DriftCause[];
}

/** One id of the source and what it is in the target. */
export interface PlannedId {
  /** Context of the source. */
  readonly context: string;
  readonly from: number;
  readonly toContext: string;
  /** Absent where the server gives it and does not tell before. */
  readonly to?: number;
  /** Guids on both sides; they differ only by renamed or renumbered references, and by what the registry adds or drops. */
  readonly fromGuid: string;
  readonly toGuid: string;
  /** `reused`: the target has the content already. */
  readonly how: 'reused' | 'kept' | 'assigned' | 'given';
}

export interface Plan {
  readonly format: typeof PLAN_FORMAT;
  readonly source: PlanSource;
  readonly target: PlanTarget;
  readonly options: PlanOptions;
  /** In the order in which they are carried out. Empty: the registry is as asked for. */
  readonly steps: readonly PlanStep[];
  /** Every one that there is, not the first. With an `error` among them nothing is carried out. */
  readonly problems: readonly Problem[];
  readonly subjects: readonly SubjectPlan[];
  readonly ids: readonly PlannedId[];
}
