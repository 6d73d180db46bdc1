/** What each kind of source cannot tell, whatever is in it: said in the report, and kept in the tree where a registry has it. */
import type { SourceKind } from '../../archive/import/recognize.ts';
import type { SnapshotGap } from '../../model/registry-snapshot.ts';

export type UntoldWhat =
  | 'ids'
  | 'versions'
  | 'soft-deleted'
  | 'compatibility'
  | 'config'
  | 'mode'
  | 'references'
  | 'metadata'
  | 'retired-ids'
  | 'times';

export interface Untold {
  readonly what: UntoldWhat;
  readonly why: string;
}

const NO_TIMES: Untold = { what: 'times', why: 'it has no times of registration' };
const NO_RETIRED: Untold = {
  what: 'retired-ids',
  why: 'ids of deleted schemas are not in it: a registry that goes on from the highest here may give them again',
};

const UNTOLD: Readonly<Record<SourceKind, readonly Untold[]>> = {
  'ccloud-exporter': [
    { what: 'soft-deleted', why: 'the exporter writes live versions only' },
    { what: 'compatibility', why: 'the exporter writes no compatibility level' },
    { what: 'config', why: 'the exporter writes no config' },
    { what: 'mode', why: 'the exporter writes no mode' },
    { what: 'metadata', why: 'the exporter drops metadata and rule sets' },
    NO_RETIRED,
    NO_TIMES,
  ],
  gitops: [
    { what: 'ids', why: 'a state has no ids: the versions count as added by hand until a registry takes them' },
    { what: 'versions', why: 'a state has the latest schema of a subject only' },
    { what: 'soft-deleted', why: 'a state has live schemas only' },
    { what: 'config', why: 'a state knows compatibility and normalize only' },
    { what: 'mode', why: 'a state has no mode' },
    { what: 'metadata', why: 'a state has neither metadata nor rule sets' },
    NO_TIMES,
  ],
  karapace: [],
  kcat: [],
  console: [],
  apicurio: [
    { what: 'config', why: 'Apicurio knows a compatibility level only' },
    { what: 'mode', why: 'Apicurio has no mode of a subject' },
    { what: 'metadata', why: 'the archive has neither metadata nor rule sets of Confluent' },
    NO_RETIRED,
  ],
  files: [
    { what: 'ids', why: 'files have no ids: the versions count as added by hand until a registry takes them' },
    { what: 'versions', why: 'versions are those that names of files say; without one it is the first' },
    { what: 'soft-deleted', why: 'files do not say it' },
    { what: 'compatibility', why: 'files have no compatibility level' },
    { what: 'config', why: 'files have no config' },
    { what: 'mode', why: 'files have no mode' },
    { what: 'references', why: 'references are found by name: look at them in metadata.json' },
    { what: 'metadata', why: 'files have neither metadata nor rule sets' },
    NO_TIMES,
  ],
  tree: [],
};

/** What the source cannot tell: its kind, and this very one. */
export function untoldOf(kind: SourceKind, lacksTimes: boolean): readonly Untold[] {
  return lacksTimes && !UNTOLD[kind].includes(NO_TIMES) ? [...UNTOLD[kind], NO_TIMES] : UNTOLD[kind];
}

/** Of a registry's backup what is missing stays unknown in the tree: a restore leaves it as it is in its target. */
export function gapsOf(kind: SourceKind): readonly SnapshotGap[] {
  if (kind !== 'ccloud-exporter' && kind !== 'apicurio') return [];
  const whats = { 'soft-deleted': 'deleted', compatibility: 'config', mode: 'mode' } as const;
  return UNTOLD[kind].flatMap(({ what, why }) => {
    const gap = Object.hasOwn(whats, what) ? whats[what as keyof typeof whats] : undefined;
    return gap === undefined ? [] : [{ what: gap, why }];
  });
}

/** Sources whose bytes were checked, or that say what a registry had: a text that cannot be read was so there, too. */
export function keepsBrokenTexts(kind: SourceKind): boolean {
  return kind !== 'ccloud-exporter' && kind !== 'gitops' && kind !== 'files';
}
