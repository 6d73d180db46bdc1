/** Where schema evolution is asked for: at registration and by the compatibility endpoints. */

import type { CompatibilityLevel } from '../model/schema-version.ts';
import type { CompatibilityReason } from '../schema/check-compatibility.ts';
import type { SchemaPort } from '../schema/schema-port.ts';
import { type Candidate, describeRule, isBlank, makeCandidate, type RequestedSchema } from './candidate.ts';
import { compatibilityOf, configInScope, normalizes } from './config.ts';
import { internalError, invalidSchema, isRefusal, type Refusal, type Rules, versionNotFound } from './decision.ts';
import { candidateNames, getVersion } from './lookup.ts';
import { canonicalSubject } from './names.ts';
import { resolveStored } from './references.ts';
import { hasVersions, LATEST, type RegistryState, type Row } from './state.ts';

export interface CompatibilityVerdict {
  readonly isCompatible: boolean;
  /** The lines of Confluent's answer, the last one naming the config; empty when compatible. */
  readonly messages: readonly string[];
  /** The same for programs; empty where only the types differ. */
  readonly reasons: readonly CompatibilityReason[];
  /** The level that was asked. */
  readonly level: CompatibilityLevel;
  /** Versions that the level asks about, ascending. */
  readonly compared: readonly number[];
}

/** An unfavourable verdict for people: the first reason, and how many more there are. */
export function describeVerdict({ level, reasons, messages, compared }: CompatibilityVerdict): string {
  const [first] = reasons;
  const more = reasons.length > 1 ? ` (and ${reasons.length - 1} more)` : '';
  const against = first?.version ?? compared.at(-1);
  const why = first === undefined ? (messages[0] ?? '') : `${first.description}${more}`;
  return `incompatible with version ${against} at level ${level}: ${why}`;
}

/** Whether the candidate can be the subject's next version. */
export function judgeCandidate(
  state: RegistryState,
  subject: string,
  candidate: Candidate,
  port: SchemaPort,
  rules: Rules,
  history: readonly Row[] = liveRows(state, subject),
): CompatibilityVerdict | Refusal {
  const config = configInScope(state, subject);
  const level = compatibilityOf(config);
  if (level === 'NONE') return { isCompatible: true, messages: [], reasons: [], level, compared: [] };
  const group = config?.fields['compatibilityGroup'];
  // Only versions of the same group, told by a metadata property, are compared (observed).
  const sameGroup =
    typeof group !== 'string'
      ? history
      : history.filter((row) => row.metadata?.properties?.[group] === candidate.metadata?.properties?.[group]);
  const asked = level.endsWith('_TRANSITIVE') ? sameGroup : sameGroup.slice(-1);
  const result = port.checkCompatibility(
    level,
    { ...candidate, references: resolveStored(state, { subject, references: candidate.references }) },
    asked.map((row) => ({ ...row, references: resolveStored(state, row) })),
  );
  if (result.crashesConfluent && rules.strictConfluent === true) return internalError();
  const { isCompatible, reasons } = result;
  const rule = isCompatible ? [] : [describeRule(level, config?.fields['validateFields'] === true)];
  return {
    isCompatible,
    messages: [...result.messages, ...rule],
    reasons,
    level,
    compared: asked.map((r) => r.version),
  };
}

function liveRows(state: RegistryState, subject: string): readonly Row[] {
  return state.subjects.get(subject)?.rows.filter((row) => !row.deleted) ?? [];
}

/**
 * `POST /compatibility/subjects/{s}/versions[/{v}]`: held against one version, or against all the level asks for when
 * none is given. A schema that does not parse is a refusal; verbose answers show it as an incompatibility.
 */
export function testCompatibility(
  state: RegistryState,
  name: string,
  version: number | undefined,
  request: RequestedSchema,
  port: SchemaPort,
  rules: Rules,
): CompatibilityVerdict | Refusal {
  const subject = subjectOf(state, canonicalSubject(name));
  const history = historyOf(state, subject, version);
  if (isRefusal(history)) return history;
  if (isBlank(request)) return invalidSchema('Empty schema');
  const normalize = request.normalize === true || normalizes(configInScope(state, subject));
  const candidate = makeCandidate(state, subject, { ...request, normalize }, port, {
    deletedReferences: false,
    validate: true,
  });
  if (isRefusal(candidate)) return candidate;
  return judgeCandidate(state, subject, candidate, port, rules, history);
}

/** The subject itself, or the first of the same name in another context that exists. */
function subjectOf(state: RegistryState, subject: string): string {
  for (const candidate of candidateNames(state, subject)) if (hasVersions(state, candidate, false)) return candidate;
  return subject;
}

function historyOf(state: RegistryState, subject: string, version: number | undefined): readonly Row[] | Refusal {
  if (version === undefined) return liveRows(state, subject);
  const row = getVersion(state, subject, version, false);
  if (row !== undefined) return [row];
  return version === LATEST ? [] : versionNotFound(version);
}
