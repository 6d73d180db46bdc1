/** Plans made by hand, for what carries plans out. */

import type { Reference } from '../../src/model/schema-version.ts';
import { sha256Of } from '../../src/model/text-bytes.ts';
import type {
  DeleteSubjectStep,
  DeleteVersionStep,
  Plan,
  PlanStep,
  RegisterStep,
  SetConfigStep,
  SetModeStep,
} from '../../src/plan/plan.ts';
import { computeGuid } from '../../src/semantics/guid.ts';

type Loose<Step extends PlanStep> = Omit<Step, 'step' | 'verdict'>;
export type LooseStep =
  | Loose<RegisterStep>
  | Loose<DeleteVersionStep>
  | Loose<DeleteSubjectStep>
  | Loose<SetModeStep>
  | Loose<SetConfigStep>;

/** The text of every registration made here. */
export function textOf({ from }: Pick<RegisterStep, 'from'>): string {
  const name = from.subject.replaceAll(/[^A-Za-z]/g, '_');
  const doc = `version ${from.version}`;
  return `{"type":"record","name":"${name}","doc":"${doc}","fields":[]}`;
}

export function importStep(subject: string, version: number, id: number, references: readonly Reference[] = []) {
  return registerStep(subject, version, { id, way: 'import', references });
}

export function registerStep(
  subject: string,
  version: number,
  more: Partial<Loose<RegisterStep>> = {},
): Loose<RegisterStep> {
  const from = { subject, version };
  const schema = textOf({ from });
  const references = more.references ?? [];
  return {
    action: 'register',
    subject,
    from,
    schemaType: 'AVRO',
    sha256: sha256Of(schema),
    references,
    way: 'post',
    version,
    guid: computeGuid({ schema, references }),
    ...more,
  };
}

export function modeStep(subject: string, mode: string | null, before: string | null = null, temporary = false) {
  return { action: 'set-mode', subject, mode, before, temporary } as const;
}

export function configStep(
  subject: string,
  config: SetConfigStep['config'],
  before: SetConfigStep['before'] = null,
  temporary = false,
) {
  return { action: 'set-config', subject, config, before, temporary } as const;
}

export function deleteVersionStep(
  subject: string,
  version: number,
  permanent = false,
  why: DeleteVersionStep['why'] = 'soft-deleted',
) {
  return { action: 'delete-version', subject, version, permanent, why } as const;
}

export function deleteSubjectStep(subject: string, versions: readonly number[], permanent = false) {
  return { action: 'delete-subject', subject, versions, permanent, why: 'prune' } as const;
}

export function planOf(steps: readonly LooseStep[]): Plan {
  return {
    format: 1,
    source: { kind: 'tree', name: 'schemas', fingerprint: 'source' },
    target: { name: 'test', kind: 'srgit', fingerprint: 'target' },
    options: {
      kind: 'restore',
      strategy: 'preserve',
      strategyBySubject: [],
      ids: 'rewrite',
      subjectMapping: [],
      forceRegister: false,
      includeSoftDeleted: true,
      settings: true,
      prune: false,
      permanent: false,
    },
    steps: numbered(steps),
    problems: [],
    subjects: [...new Set(steps.filter(isOfSubject).map(({ subject }) => subject))].map((subject) => ({
      subject,
      outcome: 'extend',
      adds: [],
      keeps: [],
      deletes: [],
      changesConfig: false,
      changesMode: false,
    })),
    ids: [],
  };
}

export function numbered(steps: readonly LooseStep[]): readonly PlanStep[] {
  return steps.map((step, at): PlanStep => ({ ...step, step: at, verdict: 'simulated' }));
}

function isOfSubject({ subject }: LooseStep): boolean {
  return subject !== '' && !/^:\.[^:]*:$/.test(subject);
}
