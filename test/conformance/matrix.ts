/** docs/compatibility.md, from what the suite saw. */
import type { Feature } from './feature.ts';
import type { ConformanceServer } from './servers.ts';

/** Server's key to feature's name to what it answers otherwise: the reference's line to the server's. */
export type Differences = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;

/** The lines that are not the reference's. */
export function findDifferences(
  expected: readonly string[],
  actual: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const different = expected.flatMap((line, at) => (line === actual[at] ? [] : [[line, actual[at] ?? 'nothing']]));
  return different.length === 0 ? undefined : Object.fromEntries(different);
}

const INTRODUCTION = `# Compatibility

How registries answer the Confluent Schema Registry protocol, feature by feature. This page is written by the conformance suite
(\`test/conformance\`) from what the servers answered; a server that changes fails the suite.

The reference is Confluent Schema Registry 8.3.1: \`srgit serve --strict-confluent\` is held to recorded conversations with
it, step by step, and the other servers are held to that. ✓ means the same status, the same error code, and the same in
what matters of the answer. A number leads to what the server does instead.
`;

export function renderMatrix(
  features: readonly Feature[],
  servers: readonly ConformanceServer[],
  differences: Differences,
): string {
  const notes: string[] = [];
  const cell = (key: string, name: string): string => {
    const found = differences[key]?.[name];
    if (found === undefined) return '✓';
    const note = describeDifference(found);
    const known = notes.indexOf(note);
    return String(known >= 0 ? known + 1 : notes.push(note));
  };
  const lines: string[] = [INTRODUCTION];
  for (const area of new Set(features.map((feature) => feature.area))) {
    lines.push(`## ${area}`, '', `| | ${servers.map(({ title }) => title).join(' | ')} |`);
    lines.push(`|---|${servers.map(() => '---|').join('')}`);
    for (const { name } of features.filter((feature) => feature.area === area)) {
      lines.push(`| ${name} | ${servers.map(({ key }) => cell(key, name)).join(' | ')} |`);
    }
    lines.push('');
  }
  const totals = servers.map(({ title, key }) => {
    const different = Object.keys(differences[key] ?? {}).length;
    return `${title} ${features.length - different} of ${features.length}`;
  });
  lines.push('## Differences', '', `Features that are alike: ${totals.join(', ')}.`, '');
  lines.push(...notes.map((note, at) => `${at + 1}. ${note}`));
  return `${lines.join('\n')}\n`;
}

/** The first of the answers that differ, as the others often follow from it. */
function describeDifference(found: Readonly<Record<string, string>>): string {
  const [[expected, actual] = ['', '']] = Object.entries(found);
  const colon = expected.indexOf(': ');
  const request = expected.slice(0, colon);
  const answer = (line: string): string => {
    const text = line.slice(line.indexOf(': ') + 2);
    return `\`${text.length > 120 ? `${text.slice(0, 119)}…` : text}\``;
  };
  const more = Object.keys(found).length - 1;
  return `\`${request}\`: ${answer(actual)}, not ${answer(expected)}${more === 0 ? '' : ` (and ${more} more)`}`;
}
