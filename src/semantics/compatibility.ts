/** Where schema evolution is asked for: at registration and by the compatibility endpoints. */
import { type Candidate, describeRule, isBlank, makeCandidate, type RequestedSchema } from './candidate.ts';
import { compatibilityOf, configInScope, normalizes } from './config.ts';
import { invalidSchema, isRefusal, type Refusal, versionNotFound } from './decision.ts';
import { candidateNames, getVersion } from './lookup.ts';
import { canonicalSubject } from './names.ts';
import type { SchemaPort } from './schema-port.ts';
import { hasSubject, LATEST, type RegistryState, type Row } from './state.ts';

/** Why the candidate cannot be the subject's next version; empty when it can. */
export function incompatibilities(
  state: RegistryState,
  subject: string,
  candidate: Candidate,
  port: SchemaPort,
  history: readonly Row[] = liveRows(state, subject),
): readonly string[] {
  const config = configInScope(state, subject);
  const level = compatibilityOf(config);
  if (level === 'NONE') return [];
  const group = config?.fields['compatibilityGroup'];
  // Only versions of the same group, told by a metadata property, are compared (observed).
  const sameGroup =
    typeof group !== 'string'
      ? history
      : history.filter((row) => row.metadata?.properties?.[group] === candidate.metadata?.properties?.[group]);
  if (sameGroup.length === 0) return [];
  const messages = port.checkCompatibility(level, candidate, sameGroup);
  if (messages.length === 0) return [];
  return [...messages, describeRule(level, config?.fields['validateFields'] === true)];
}

function liveRows(state: RegistryState, subject: string): readonly Row[] {
  return state.subjects.get(subject)?.rows.filter((row) => !row.deleted) ?? [];
}

export interface CompatibilityVerdict {
  readonly isCompatible: boolean;
  readonly messages: readonly string[];
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
  const messages = incompatibilities(state, subject, candidate, port, history);
  return { isCompatible: messages.length === 0, messages };
}

/** The subject itself, or the first of the same name in another context that exists. */
function subjectOf(state: RegistryState, subject: string): string {
  for (const candidate of candidateNames(state, subject)) if (hasSubject(state, candidate, false)) return candidate;
  return subject;
}

function historyOf(state: RegistryState, subject: string, version: number | undefined): readonly Row[] | Refusal {
  if (version === undefined) return liveRows(state, subject);
  const row = getVersion(state, subject, version, false);
  if (row !== undefined) return [row];
  return version === LATEST ? [] : versionNotFound(version);
}
