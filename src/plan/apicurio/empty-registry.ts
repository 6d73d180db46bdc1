/**
 * An empty Apicurio registry as its ZIP import fills it: unlike its API, the import takes ids and version numbers as
 * they are (observed with 3.3.3 and 2.6.13.Final). What else it cannot hold is what any plan for an Apicurio says.
 */
import type { PlanOptions } from '../plan.ts';
import type { PlanTargetState } from '../plan-input.ts';

export const APICURIO_LAYOUTS = ['3', '2'] as const;
/** Major version of the Apicurio that is to import the archive: each has a layout of its own. */
export type ApicurioLayout = (typeof APICURIO_LAYOUTS)[number];

/** @returns what to plan for. The snapshot is empty, as the import demands of the registry. */
export function emptyApicurio(name: string): PlanTargetState {
  return {
    identity: { name, kind: 'apicurio' },
    snapshot: { registry: { kind: 'apicurio' }, contexts: [{ name: '.', subjects: [] }], global: {}, gaps: [] },
    capabilities: {
      import: true,
      importNeedsMode: false,
      forcedVersions: true,
      contexts: false,
      modes: false,
      metadata: false,
      ruleSets: 'dropped',
      configFields: ['compatibility'],
      defaultLevel: 'NONE',
      compatibilityTest: false,
    },
  };
}

/** An archive holds what the source has, as it is there: of what was asked for, names, selection and settings count. */
export function archiveOptions(options: PlanOptions): PlanOptions {
  const { idMapping: _idMapping, setCompatibility: _setCompatibility, ...rest } = options;
  return { ...rest, kind: 'restore', strategy: 'preserve', strategyBySubject: [], ids: 'force', forceRegister: false };
}
