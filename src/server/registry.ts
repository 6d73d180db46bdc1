/** The owner of a state: the one that applies records, and what deciding needs. */

import type { SchemaPort } from '../schema/schema-port.ts';
import { applyRecords } from '../semantics/apply.ts';
import { type Decided, isRefusal, type Refusal, type Rules } from '../semantics/decision.ts';
import type { RegistryRecord } from '../semantics/records.ts';
import type { RegistryState } from '../semantics/state.ts';

export interface Registry {
  readonly state: RegistryState;
  readonly port: SchemaPort;
  readonly rules: Rules;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** A random UUID, the identity of a new association. */
  readonly newGuid: () => string;
  /** Told what a write added to the log. */
  readonly onRecords?: (records: readonly RegistryRecord[]) => void;
}

/** Carries a decision out. */
export function commit<Answer>(registry: Registry, decided: Decided<Answer>): Answer | Refusal {
  if (isRefusal(decided)) return decided;
  applyRecords(registry.state, decided.records);
  if (decided.records.length > 0) registry.onRecords?.(decided.records);
  return decided.answer;
}
