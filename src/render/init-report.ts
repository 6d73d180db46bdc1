/** What `srgit init` did, for a person. */

export interface InitReport {
  readonly created: readonly string[];
  readonly kept: readonly { readonly file: string; readonly add?: readonly string[] }[];
  readonly variables: readonly string[];
  readonly todo: readonly string[];
  readonly next: readonly string[];
}

export function renderInitReport({ created, kept, variables, todo, next }: InitReport): string {
  const lines = created.map((file) => `✓ ${file}`);
  for (const { file, add = [] } of kept) {
    const lacks = add.length === 0 ? '' : `; it lacks ${add.join(' and ')}`;
    lines.push(`· ${file} was there and is as it was${lacks}`);
  }
  if (todo.length > 0) lines.push('', 'By hand:', ...todo.map((what) => `  - ${what}`));
  if (variables.length > 0) lines.push('', `Set ${variables.join(' and ')}, then:`, '');
  else lines.push('', 'Then:', '');
  return [...lines, ...next.map((command) => `  ${command}`)].join('\n');
}
