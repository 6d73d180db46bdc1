/**
 * Reads the complete state of a registry. Nothing in the registry's API gives it at one moment, so what was read is
 * held against the listings afterwards, and what moved is read again.
 */
import { throwIfAborted } from '../errors.ts';
import {
  type ContextState,
  type LevelSettings,
  type RegistryIdentity,
  type SubjectState,
  sortSnapshot,
} from '../model/registry-snapshot.ts';
import { contextSubject, DEFAULT_CONTEXT, GLOBAL_CONTEXT } from '../model/subject-name.ts';
import { completeReferences, readRows } from './snapshot-collect.ts';
import { addGap, listContexts, listSubjects, listSubjectsOnce } from './snapshot-listing.ts';
import { type Selection, wantedSubjects } from './snapshot-selection.ts';
import { SettingsReader } from './snapshot-settings.ts';
import { type SnapshotOptions, type SnapshotReading, type SnapshotResult, splitSubject } from './snapshot-types.ts';
import { TextSpill } from './text-spill.ts';
import type { RegistryCapabilities, RegistryClient } from './types.ts';

/** Levels between two reports of progress. */
const PROGRESS_STEP = 1000;
const SHOWN_EXAMPLES = 5;

/**
 * The state of the registry as the options select it.
 *
 * Throws SRGIT_SNAPSHOT_INCONSISTENT when the registry's listings and rows do not come to agree,
 * SRGIT_SNAPSHOT_UNREPRESENTABLE when a selected row cannot be held, SRGIT_REGISTRY_BAD_ANSWER on answers that are no
 * registry's, and whatever the client throws. What may not be read is no error but one of the snapshot's `gaps`.
 *
 * Two things no registry tells over HTTP: settings of subjects that have no version, and whether the default context's
 * compatibility and mode are set or built in (they are recorded as shown).
 */
export async function readSnapshot(
  client: RegistryClient,
  capabilities: RegistryCapabilities,
  options: SnapshotOptions = {},
): Promise<SnapshotResult> {
  throwIfAborted(options.signal);
  const before = client.stats.requests;
  // One controller for everything read at the same time: the first failure ends the rest.
  const stop = new AbortController();
  const reading: SnapshotReading = {
    client,
    capabilities,
    options,
    signal: options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]),
    texts: new TextSpill(),
    rows: new Map(),
    gaps: [],
    warnings: new Set(),
    guidDiffers: [],
    unreadable: new Set(),
    pages: 0,
    fetched: 0,
    reused: 0,
  };
  try {
    const { contexts, global, passes } = await readState(reading);
    warnOfGuids(reading);
    return {
      snapshot: sortSnapshot({ registry: identify(reading), contexts, global, gaps: reading.gaps }),
      stats: {
        source: capabilities.bulk === 'complete' ? 'bulk' : 'subjects',
        requests: client.stats.requests - before,
        pages: reading.pages,
        fetched: reading.fetched,
        reused: reading.reused,
        passes,
        warnings: [...reading.warnings],
      },
    };
  } catch (error) {
    stop.abort();
    throwIfAborted(options.signal);
    throw error;
  }
}

interface State {
  readonly contexts: readonly ContextState[];
  readonly global: LevelSettings;
  readonly passes: number;
}

async function readState(reading: SnapshotReading): Promise<State> {
  const { options, capabilities } = reading;
  const settings = new SettingsReader(reading);
  const [listing, listedContexts, top] = await Promise.all([
    capabilities.bulk === 'complete' ? listSubjectsOnce(reading) : listSubjects(reading),
    listContexts(reading),
    options.settings === false ? { defaultContext: {}, global: {} } : settings.readTop(),
  ]);
  // A context whose record was lost is in no list but still has its subjects (observed on 8.3.1).
  const contextNames = [...new Set([...listedContexts, ...contextsOf(reading, listing.all)])];
  options.onProgress?.({ phase: 'subjects', done: listing.all.size, total: listing.all.size });

  // With a choice of types the rows have to tell first which subjects are meant.
  const early = options.schemaTypes === undefined ? wantedSubjects(reading, listing) : [];
  const unlisted =
    listing.all.size === 0 ? [] : (options.alsoLevels ?? []).filter((subject) => !listing.all.has(subject));
  const levels =
    options.settings === false
      ? []
      : [
          ...contextNames.filter((name) => name !== DEFAULT_CONTEXT).map(contextSubject),
          ...early.filter((subject) => !namesContext(reading, subject)),
          ...unlisted,
        ];
  let settled = 0;
  const onLevel = (): void => {
    if (++settled % PROGRESS_STEP === 0 || settled === levels.length) {
      options.onProgress?.({ phase: 'settings', done: settled, total: levels.length });
    }
  };
  const [passes, found] = await Promise.all([readRows(reading, listing), settings.readLevels(levels, onLevel)]);
  const selection = await completeReferences(reading);

  const read = new Set(levels);
  const more = [...(options.settings === false ? [] : selection.rows.keys())].filter(
    (subject) => !read.has(subject) && !namesContext(reading, subject),
  );
  for (const [level, own] of await settings.readLevels(more)) found.set(level, own);
  settings.recordGaps();
  if (!capabilities.deleted && options.includeDeleted !== false) {
    addGap(reading, 'deleted', undefined, 'the registry does not list soft-deleted versions');
  }
  return {
    contexts: assemble(reading, selection, contextNames, found, top.defaultContext, unlisted),
    global: top.global,
    passes,
  };
}

function contextsOf(reading: SnapshotReading, subjects: Iterable<string>): Set<string> {
  const names = new Set<string>();
  for (const subject of subjects) names.add(splitSubject(reading, subject).context);
  return names;
}

/** `:.ctx:`, a subject with the empty name: its settings are the context's. */
function namesContext(reading: SnapshotReading, qualified: string): boolean {
  return splitSubject(reading, qualified).subject === '';
}

function assemble(
  reading: SnapshotReading,
  selection: Selection,
  contextNames: readonly string[],
  settings: ReadonlyMap<string, LevelSettings>,
  defaultContext: LevelSettings,
  unlisted: readonly string[],
): readonly ContextState[] {
  const contexts = new Map<string, SubjectState[]>();
  for (const name of [DEFAULT_CONTEXT, ...contextNames]) if (name !== GLOBAL_CONTEXT) contexts.set(name, []);
  for (const [qualified, versions] of selection.rows) {
    const { context, subject } = splitSubject(reading, qualified);
    const own = subject === '' ? {} : settings.get(qualified);
    const state: SubjectState = { name: subject, ...own, versions: [...versions.values()] };
    const subjects = contexts.get(context);
    if (subjects === undefined) contexts.set(context, [state]);
    else subjects.push(state);
  }
  for (const qualified of unlisted) {
    const own = settings.get(qualified);
    if (own === undefined || selection.rows.has(qualified)) continue;
    const { context, subject } = splitSubject(reading, qualified);
    const state: SubjectState = { name: subject, ...own, versions: [] };
    const subjects = contexts.get(context);
    if (subjects === undefined) contexts.set(context, [state]);
    else subjects.push(state);
  }
  return [...contexts].map(([name, subjects]) => ({
    name,
    ...(name === DEFAULT_CONTEXT ? defaultContext : settings.get(contextSubject(name))),
    subjects,
  }));
}

function identify({ capabilities: { kind, version }, options: { registryName } }: SnapshotReading): RegistryIdentity {
  return {
    ...(registryName === undefined ? {} : { name: registryName }),
    kind,
    ...(version === undefined ? {} : { version }),
  };
}

function warnOfGuids({ capabilities, guidDiffers, warnings }: SnapshotReading): void {
  if (!capabilities.guids || guidDiffers.length === 0) return;
  const examples = guidDiffers.slice(0, SHOWN_EXAMPLES).join(', ');
  const more = guidDiffers.length > SHOWN_EXAMPLES ? ` and ${guidDiffers.length - SHOWN_EXAMPLES} more` : '';
  warnings.add(
    `the registry's guid is not that of the content it shows for ${examples}${more}: ` +
      'encrypted (sensitive) metadata or a changed record in its topic',
  );
}
