/** Check: can a schema be the next version of its subject? Answered by the tree alone, with no registry. */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Config } from '../config/types.ts';
import { SrgitError, throwIfAborted } from '../errors.ts';
import type { CompatibilityLevel, Reference, SchemaType } from '../model/schema-version.ts';
import { formatSubjectName, parseSubjectName } from '../model/subject-name.ts';
import { schemaLanguages } from '../schema/schema-port.ts';
import { applyRecord, applyRecords } from '../semantics/apply.ts';
import { type Candidate, makeCandidate } from '../semantics/candidate.ts';
import { judgeCandidate } from '../semantics/compatibility.ts';
import { configInScope, normalizes } from '../semantics/config.ts';
import { isRefusal } from '../semantics/decision.ts';
import { matchLive } from '../semantics/lookup.ts';
import { canonicalSubject, isValidSubject } from '../semantics/names.ts';
import { schemaRecord } from '../semantics/schema-record.ts';
import { stateFromSnapshot } from '../semantics/snapshot-state.ts';
import { contextIds, findLatest, type RegistryState } from '../semantics/state.ts';
import { findReferences } from '../tree/find-references.ts';
import { requireSound } from '../tree/finding.ts';
import { type LoadedTree, loadTree, type PendingVersion } from '../tree/load-tree.ts';

/** A reference as a person gives it; without a version the latest is meant. */
export interface GivenReference {
  readonly name: string;
  readonly subject: string;
  readonly version?: number;
}

export interface CheckOptions {
  readonly config: Config;
  /** The schema to check; undefined: every version that was added to the tree by hand. */
  readonly file?: string | undefined;
  /** Needed with `file`. */
  readonly subject?: string | undefined;
  /** Told by the file's name when absent. */
  readonly schemaType?: SchemaType | undefined;
  /** Undefined: found by name, as for a version added to the tree by hand (rule 8 of the tree). */
  readonly references?: readonly GivenReference[] | undefined;
  /** Instead of the level that the tree's config gives. */
  readonly level?: CompatibilityLevel | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CheckReason {
  readonly version: number;
  readonly direction: 'backward' | 'forward';
  readonly errorType: string;
  readonly path: string;
  readonly description: string;
}

export interface CheckedSchema {
  readonly file: string;
  readonly subject: string;
  readonly schemaType: SchemaType;
  /** `registered`: the subject has this very schema. `invalid`: it does not parse, or names what is not there. */
  readonly verdict: 'compatible' | 'incompatible' | 'invalid' | 'registered';
  readonly level?: CompatibilityLevel;
  /** Versions it was held against. */
  readonly compared: readonly number[];
  readonly reasons: readonly CheckReason[];
  /** What is wrong as a whole: an invalid schema, another type. */
  readonly message?: string;
  /** The version that holds it, or the number it would get. */
  readonly version?: number;
}

export interface CheckResult {
  readonly tree: string;
  readonly ok: boolean;
  readonly checked: readonly CheckedSchema[];
}

interface Proposal {
  readonly file: string;
  readonly subject: string;
  readonly schemaType: SchemaType;
  readonly schema: string;
  readonly references?: readonly GivenReference[] | undefined;
  /** A name in it may mean several things. */
  readonly unclear?: string;
}

/** @throws SrgitError of the tree, SRGIT_USAGE for a file whose type cannot be told, SRGIT_TREE_FILE_MISSING. */
export async function checkSchemas(options: CheckOptions): Promise<CheckResult> {
  const { config, signal } = options;
  const tree = await loadTree(config.tree, signal);
  requireSound(tree.findings);
  const state = stateFromSnapshot(tree.snapshot, { maxIds: Object.fromEntries(tree.maxIds) });
  const proposals =
    options.file === undefined
      ? tree.pending.map(ofPending)
      : [withReferences(readProposal(options, options.file), tree)];
  const checked: CheckedSchema[] = [];
  for (const proposal of proposals) {
    throwIfAborted(signal);
    if (options.level !== undefined) overrideLevel(state, proposal.subject, options.level);
    checked.push(checkOne(state, proposal));
  }
  const ok = checked.every(({ verdict }) => verdict === 'compatible' || verdict === 'registered');
  return { tree: config.tree, ok, checked };
}

function ofPending({ file, context, subject, schemaType, schema, references }: PendingVersion): Proposal {
  return { file, subject: formatSubjectName({ context, subject }), schemaType, schema, references };
}

/** As the same file would be read from its place in the tree; what names several things is said by the check itself. */
function withReferences(proposal: Proposal, { snapshot }: LoadedTree): Proposal {
  if (proposal.references !== undefined) return proposal;
  const { file, schemaType, schema } = proposal;
  const { context, subject } = parseSubjectName(proposal.subject);
  const versions = snapshot.contexts
    .find(({ name }) => name === context)
    ?.subjects.find(({ name }) => name === subject)?.versions;
  const version = 1 + (versions?.at(-1)?.version ?? 0);
  const self: PendingVersion = { context, subject, version, schemaType, schema, file };
  const {
    pending: [{ references } = self],
    findings: [unclear],
  } = findReferences(snapshot, [self]);
  return {
    ...proposal,
    ...(references === undefined ? {} : { references }),
    ...(unclear === undefined ? {} : { unclear: unclear.message }),
  };
}

const TYPES_BY_ENDING: Readonly<Record<string, SchemaType>> = {
  '.avsc': 'AVRO',
  '.proto': 'PROTOBUF',
  '.json': 'JSON',
};

function readProposal({ subject, schemaType, references }: CheckOptions, file: string): Proposal {
  if (subject === undefined) {
    throw new SrgitError('SRGIT_USAGE', 'which subject is the schema for?', { hint: 'Name it with --subject.' });
  }
  const name = canonicalSubject(subject);
  if (name === '' || !isValidSubject(name)) {
    throw new SrgitError('SRGIT_USAGE', `${JSON.stringify(subject)} cannot be a subject's name`, {
      hint: 'Control characters and the names __GLOBAL and __EMPTY are not allowed.',
    });
  }
  const type = schemaType ?? TYPES_BY_ENDING[extname(file).toLowerCase()];
  if (type === undefined) {
    throw new SrgitError('SRGIT_USAGE', `the name of ${file} does not tell its type`, {
      hint: 'Say --type AVRO, JSON or PROTOBUF; .avsc, .json and .proto are known.',
    });
  }
  return { file, subject: name, schemaType: type, schema: readText(file), references };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SrgitError('SRGIT_USAGE', `${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`, {
      hint: 'Check the path and its permissions.',
      cause,
    });
  }
}

/** The level asked for becomes the subject's own; everything else of its config stays in force. */
function overrideLevel(state: RegistryState, subject: string, level: CompatibilityLevel): void {
  const config = configInScope(state, subject);
  applyRecord(state, {
    key: { keytype: 'CONFIG', subject },
    value: { fields: config?.fields ?? {}, compatibility: level },
  });
}

function checkOne(state: RegistryState, proposal: Proposal): CheckedSchema {
  const { file, subject, schemaType, schema } = proposal;
  const base = { file, subject, schemaType, compared: [], reasons: [] };
  const latest = findLatest(state, subject);
  const references: readonly (GivenReference | Reference)[] =
    proposal.references ?? (latest?.schemaType === schemaType ? latest.references : []);
  const request = {
    schema,
    schemaType,
    references: references.map((reference) => ({ version: -1, ...reference })),
    normalize: normalizes(configInScope(state, subject)),
    ...(latest?.metadata === undefined ? {} : { metadata: latest.metadata }),
    ...(latest?.ruleSet === undefined ? {} : { ruleSet: latest.ruleSet }),
  };
  if (schema.trim() === '') return { ...base, verdict: 'invalid', message: 'the file is empty' };
  const candidate = makeCandidate(state, subject, request, schemaLanguages, {
    deletedReferences: false,
    validate: true,
  });
  if (isRefusal(candidate)) {
    return { ...base, verdict: 'invalid', message: proposal.unclear ?? candidate.detail ?? candidate.refusal };
  }
  const known = matchLive(state, subject, candidate, undefined, schemaLanguages);
  if (known !== undefined) return { ...base, verdict: 'registered', version: known.version };
  const verdict = judgeCandidate(state, subject, candidate, schemaLanguages, {});
  if (isRefusal(verdict)) return { ...base, verdict: 'invalid', message: verdict.refusal };
  const { level, compared, isCompatible } = verdict;
  if (!isCompatible) {
    const reasons = verdict.reasons.map(({ version, direction, errorType, path, description }) => ({
      version,
      direction,
      errorType,
      path,
      description,
    }));
    const [first = ''] = verdict.messages;
    return {
      ...base,
      verdict: 'incompatible',
      level,
      compared,
      reasons,
      ...(reasons.length === 0 ? { message: first } : {}),
    };
  }
  return { ...base, verdict: 'compatible', level, compared, version: addVersion(state, subject, candidate) };
}

/** Later proposals are held against this one too. @returns the number it would get. */
function addVersion(state: RegistryState, subject: string, candidate: Candidate): number {
  const version = (state.subjects.get(subject)?.rows.at(-1)?.version ?? 0) + 1;
  const id = (contextIds(state, subject)?.lastId ?? 0) + 1;
  applyRecords(state, [schemaRecord(subject, version, id, candidate, false, 0)]);
  return version;
}
