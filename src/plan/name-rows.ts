/** What rows of the source, and what they refer to, are called: in the target, and in messages. */
import type { Reference } from '../model/schema-version.ts';
import { referencedSubject } from '../semantics/names.ts';
import { type NameMapping, spellReference } from './map-names.ts';
import type { Problem } from './plan.ts';
import type { SourceRow } from './source-rows.ts';

/** A reference of the source in the target's names; its version is still the source's. */
export interface MappedReference {
  /** Qualified, in the source. */
  readonly from: string;
  /** Qualified, in the target. */
  readonly target: string;
  /** As it is to be stored; undefined where the target cannot be named from the referrer. */
  readonly reference: Reference | undefined;
}

export function mapReferences(
  { mapping }: { readonly mapping: NameMapping },
  from: string,
  to: string,
  references: readonly Reference[],
): readonly MappedReference[] {
  return references.map((reference) => {
    const absolute = referencedSubject(from, reference.subject);
    const target = mapping.subject(absolute);
    const subject = spellReference(to, target, reference.subject);
    return { from: absolute, target, reference: subject === undefined ? undefined : { ...reference, subject } };
  });
}

/** Where a problem with a source row lies. */
export function aboutRow({ from, file }: SourceRow): Pick<Problem, 'subject' | 'version' | 'file'> {
  return { subject: from.subject, version: from.version, ...(file === undefined ? {} : { file }) };
}

export function describeRow({ from }: SourceRow): string {
  return `${from.subject} version ${from.version}`;
}
