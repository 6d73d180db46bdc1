/**
 * Keeps an import from taking the place of a version that came to be after the plan was made: in IMPORT mode Confluent
 * answers 200 and replaces a version in use without a word (observed on 8.3.1). It is looked once a scope is in IMPORT
 * mode, when no normal producer can write there any more.
 */
import { SrgitError } from '../../errors.ts';
import { contextSubject, GLOBAL_CONTEXT, parseSubjectName } from '../../model/subject-name.ts';
import type { PlanStep, RegisterStep } from '../../plan/plan.ts';
import type { RegistryCapabilities, RegistryClient } from '../../registry/types.ts';
import { listVersionNumbers, readVersion } from '../../registry/write-schema.ts';

/** Versions of a qualified subject that the plan knew of, soft-deleted ones too. */
export type KnownVersions = (subject: string) => ReadonlySet<number> | undefined;

export class ImportGuard {
  readonly #client: RegistryClient;
  readonly #capabilities: RegistryCapabilities;
  readonly #known: KnownVersions;
  /** Subjects that were there when their scope was put in IMPORT mode; by context, or under '' of all. */
  readonly #present = new Map<string, ReadonlySet<string>>();
  readonly #taken = new Map<string, Promise<ReadonlySet<number>>>();

  constructor(client: RegistryClient, capabilities: RegistryCapabilities, known: KnownVersions) {
    this.#client = client;
    this.#capabilities = capabilities;
    this.#known = known;
  }

  /** To be called after a step was carried out. */
  async noteStep(step: PlanStep): Promise<void> {
    if (step.action !== 'set-mode' || step.mode !== 'IMPORT') return;
    const { context, subject } = parseSubjectName(step.subject);
    if (subject !== '') return;
    // `PUT /mode` is about the default context only (observed).
    const everywhere = context === GLOBAL_CONTEXT || !this.#capabilities.contexts;
    const prefix = everywhere ? ':*:' : contextSubject(context);
    const { body } = await this.#client.get('/subjects', { query: { deleted: true, subjectPrefix: prefix } });
    if (!Array.isArray(body)) return;
    const names: readonly unknown[] = body;
    this.#present.set(everywhere ? '' : context, new Set(names.filter((name) => typeof name === 'string')));
  }

  /** @throws SRGIT_REGISTRY_CONFLICT when the version is there now and was not when the plan was made. */
  async checkImport(step: RegisterStep): Promise<void> {
    const taken = this.#taken.get(step.subject) ?? this.#findTaken(step.subject);
    this.#taken.set(step.subject, taken);
    if (!(await taken).has(step.version)) return;
    const found = await readVersion(this.#client, step.subject, step.version);
    // Ours, from an attempt whose answer was lost.
    if (found === undefined || found.id === step.id) return;
    throw new SrgitError(
      'SRGIT_REGISTRY_CONFLICT',
      `somebody registered version ${step.version} of it (id ${found.id}) after the plan was made`,
      {
        hint: 'Plan again: an import would have taken its place. What was registered before this is right and stays.',
        details: { subject: step.subject, version: step.version },
      },
    );
  }

  /** Versions of the subject that came to be since the plan was made. */
  async #findTaken(subject: string): Promise<ReadonlySet<number>> {
    const { context } = parseSubjectName(subject);
    const present = this.#capabilities.contexts
      ? (this.#present.get(context) ?? this.#present.get(''))
      : this.#present.get('');
    if (present !== undefined && !present.has(subject)) return new Set();
    const known = this.#known(subject);
    const listed = await listVersionNumbers(this.#client, subject, { deleted: true });
    return new Set(listed.filter((version) => known?.has(version) !== true));
  }
}
