/** What a check of schemas found, for a person. */
import { plural } from './export-report.ts';
import { escapeUnsafe, showName } from './show-name.ts';

interface CheckedForReport {
  readonly file: string;
  readonly subject: string;
  readonly verdict: 'compatible' | 'incompatible' | 'invalid' | 'registered';
  readonly level?: string;
  readonly compared: readonly number[];
  readonly reasons: readonly {
    readonly version: number;
    readonly direction: 'backward' | 'forward';
    readonly path: string;
    readonly errorType: string;
    readonly description: string;
  }[];
  readonly message?: string;
  readonly version?: number;
}

export function renderCheckReport(checked: readonly CheckedForReport[]): string {
  if (checked.length === 0) return 'Nothing to check: no version was added to the tree by hand.';
  return checked.flatMap(describeOne).join('\n');
}

function describeOne(one: CheckedForReport): string[] {
  const subject = showName(one.subject);
  const file = escapeUnsafe(one.file);
  const { verdict, version, message = '' } = one;
  if (verdict === 'registered') return [`✓ ${file} is ${subject} version ${version} already`];
  if (verdict === 'compatible') return [`✓ ${file} can be ${subject} version ${version}: ${whatWasCompared(one)}`];
  if (verdict === 'invalid') return [`✗ ${file} is not a valid schema: ${escapeUnsafe(message)}`];
  const asked = one.level === undefined ? '' : ` at level ${one.level}`;
  const lines = [`✗ ${file} cannot follow ${subject}${asked}:`];
  if (message !== '') lines.push(`    ${escapeUnsafe(message)}`);
  for (const reason of one.reasons) {
    const who =
      reason.direction === 'backward'
        ? `cannot read data of version ${reason.version}`
        : `version ${reason.version} cannot read its data`;
    lines.push(`    ${escapeUnsafe(reason.path)}  ${reason.errorType}: ${who}`);
    lines.push(`        ${escapeUnsafe(reason.description)}`);
  }
  return lines;
}

function whatWasCompared({ level = 'NONE', compared }: CheckedForReport): string {
  if (level === 'NONE') return 'the level is NONE, so nothing was compared';
  if (compared.length === 0) return 'it is the first one';
  const versions = compared.length > 3 ? plural(compared.length, 'version') : `version ${compared.join(', ')}`;
  return `${level} with ${versions}`;
}
