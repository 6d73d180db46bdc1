/** Carries out one step of a plan, and makes sure that every node shows it. */
import { isSrgitError, SrgitError } from '../../errors.ts';
import { parseSubjectName } from '../../model/subject-name.ts';
import type { PlanStep, RegisterStep } from '../../plan/plan.ts';
import { awaitOnEveryNode, type NodeClient } from '../../registry/read-back.ts';
import type { WriteOptions } from '../../registry/settle-write.ts';
import type { RegistryClient } from '../../registry/types.ts';
import {
  deleteSubject,
  deleteVersion,
  listVersionNumbers,
  lookUpSchema,
  readVersion,
  registerVersion,
} from '../../registry/write-schema.ts';
import { readOwnMode, setConfig, setMode, showsConfig } from '../../registry/write-settings.ts';
import { qualify } from './step-order.ts';

/** The registry's word for a write that a mode forbids. */
const NOT_PERMITTED = 42205;

export interface StepResult {
  /** What the registry gave; of registrations. */
  readonly id?: number;
  /**
   * Another one than planned where the registry takes the schema for the same as one that it has. Absent where it did
   * not tell, and no other step needs it: see `settleVersions`.
   */
  readonly version?: number;
}

export interface StepContext {
  readonly client: RegistryClient;
  /** Every configured node, each by itself; none where there is only one. */
  readonly nodes: readonly NodeClient[];
  /** Whether the registry is of a kind whose rules are known, so that it does as planned or somebody else interferes. */
  readonly isPredictable: boolean;
  /** What became of a version that this plan posted: see StepResult. */
  readonly versionOf: (subject: string, version: number) => number;
  /** Whether other steps go by the number that a version gets. */
  readonly needsVersion: (subject: string, version: number) => boolean;
  /** Whether one row of the registry stands for this planned version and another one. */
  readonly isShared: (subject: string, version: number) => boolean;
  /** @throws SrgitError when it is not the text that was planned. */
  readonly textOf: (step: RegisterStep) => string;
  readonly signal?: AbortSignal | undefined;
  readonly onSilentNode?: ((node: string) => void) | undefined;
}

/** @throws SrgitError of the client as it is. */
export async function carryOutStep(step: PlanStep, context: StepContext, options: WriteOptions): Promise<StepResult> {
  const { nodes, signal, onSilentNode } = context;
  const result = await writeOrFind(step, context, options);
  const isSkipped = step.action === 'delete-version' && context.isShared(step.subject, step.version);
  if (nodes.length > 0 && !isSkipped) {
    await awaitOnEveryNode(nodes, nameOf(step), (node) => shows(node, step, result), {
      signal,
      onSilent: onSilentNode,
    });
  }
  return result;
}

/**
 * A run that was killed may have got further than its journal tells, up to the read-only mode that ends a level's steps:
 * those are refused then, and stand.
 */
async function writeOrFind(step: PlanStep, context: StepContext, options: WriteOptions): Promise<StepResult> {
  try {
    return await write(step, context, options);
  } catch (error) {
    const isForbidden = isSrgitError(error) && error.details['errorCode'] === NOT_PERMITTED;
    if (!isForbidden || step.action === 'register') throw error;
    // What the look fails with says less than the refusal.
    if (!(await shows(context.client, step, {}).catch(() => false))) throw error;
    return {};
  }
}

async function write(step: PlanStep, context: StepContext, options: WriteOptions): Promise<StepResult> {
  const { client } = context;
  switch (step.action) {
    case 'register':
      return register(step, context, options);
    case 'delete-version':
      // The other version is not to be deleted.
      if (!context.isShared(step.subject, step.version)) await deleteVersion(client, step, options);
      return {};
    case 'delete-subject':
      await deleteSubject(client, step, options);
      return {};
    case 'set-mode':
      await setMode(client, step.subject, step.mode, options);
      return {};
    case 'set-config':
      await setConfig(client, step.subject, step.config, options);
      return {};
  }
}

async function register(step: RegisterStep, context: StepContext, options: WriteOptions): Promise<StepResult> {
  const { subject, schemaType, metadata, ruleSet, way, id, version } = step;
  const { client, nodes, textOf, versionOf, needsVersion } = context;
  const home = parseSubjectName(subject).context;
  const content = {
    schemaType,
    schema: textOf(step),
    references: step.references.map((reference) => ({
      ...reference,
      version: versionOf(qualify(reference.subject, home), reference.version),
    })),
    ...(metadata === undefined ? {} : { metadata }),
    ...(ruleSet === undefined ? {} : { ruleSet }),
  };
  const given = way === 'import' && id !== undefined ? { id, version } : {};
  const answer = await registerVersion(client, { subject, ...content, ...given }, options);
  if (way === 'import') {
    if (answer.id === id && (answer.version ?? version) === version) return { id: answer.id, version };
    throw unexpected(step, `the registry gave it id ${answer.id}, not ${id}: it does not import`);
  }
  // Registries before Confluent 8 answer the id alone. To ask for each would double the requests.
  if (answer.version === undefined && nodes.length === 0 && !needsVersion(subject, version)) return { id: answer.id };
  const got = answer.version ?? (await lookUpSchema(client, subject, content))?.version ?? version;
  if (context.isPredictable && got !== version) {
    throw unexpected(step, `the registry made it version ${got}, not ${version}: somebody else writes to the subject`);
  }
  return { id: answer.id, version: got };
}

function unexpected({ subject, version }: RegisterStep, message: string): SrgitError {
  return new SrgitError('SRGIT_REGISTRY_CONFLICT', message, {
    hint: 'Plan again: the registry is not as it was.',
    details: { subject, version },
  });
}

/** Whether a node has the state that a step leads to. */
async function shows(client: RegistryClient, step: PlanStep, result: StepResult): Promise<boolean> {
  switch (step.action) {
    case 'register':
      return (await readVersion(client, step.subject, result.version ?? step.version))?.id === result.id;
    case 'delete-version': {
      const found = await readVersion(client, step.subject, step.version);
      return step.permanent ? found === undefined : found?.deleted !== false;
    }
    case 'delete-subject':
      return (await listVersionNumbers(client, step.subject, { deleted: step.permanent })).length === 0;
    case 'set-mode': {
      const mode = await readOwnMode(client, step.subject);
      return step.mode === null ? mode === undefined || step.subject === '' : mode === step.mode;
    }
    case 'set-config':
      return showsConfig(client, step.subject, step.config);
  }
}

/** What a failure to see it is told with. */
function nameOf(step: PlanStep): string {
  const level = step.subject === '' ? 'the registry' : step.subject;
  switch (step.action) {
    case 'register':
      return `${step.subject} version ${step.version}`;
    case 'delete-version':
      return `the deletion of ${step.subject} version ${step.version}`;
    case 'delete-subject':
      return `the deletion of ${step.subject}`;
    case 'set-mode':
      return `the mode of ${level}`;
    case 'set-config':
      return `the config of ${level}`;
  }
}
