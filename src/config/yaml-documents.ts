/** A YAML file as plain data, document by document, with its variables replaced. */
import { type Document, LineCounter, parseAllDocuments, parseDocument, visit, type YAMLParseError } from 'yaml';
import { placeOf } from './place.ts';
import type { Mistake } from './shape.ts';
import { replaceVariables, type UnsetVariable } from './variables.ts';

export interface YamlDocument {
  /** For places. */
  readonly document: Document;
  /** Plain data; an empty document is an empty mapping. */
  readonly value: unknown;
  readonly unset: readonly UnsetVariable[];
  /** JSON pointers of the values that came out of a variable. */
  readonly replaced: ReadonlySet<string>;
}

export interface YamlDocuments {
  readonly mistakes: readonly Mistake[];
  /** One at least; none where there are mistakes. */
  readonly documents: readonly YamlDocument[];
  readonly lines: LineCounter;
  readonly hasAliases: boolean;
}

export function readDocuments(text: string, env: NodeJS.ProcessEnv): YamlDocuments {
  const lines = new LineCounter();
  const options = { lineCounter: lines, prettyErrors: false, merge: true };
  const stream = parseAllDocuments(text, options);
  const parsed: readonly Document[] =
    Array.isArray(stream) && stream.length > 0 ? stream : [parseDocument(text, options)];
  let hasAliases = false;
  const failed = (mistakes: readonly Mistake[]): YamlDocuments => ({ mistakes, documents: [], lines, hasAliases });
  const mistakes: Mistake[] = parsed.flatMap(({ errors }) =>
    errors.map((error) => ({ place: placeOf(lines, error.pos[0]), text: describeYamlError(error) })),
  );
  if (mistakes.length > 0) return failed(mistakes);
  for (const document of parsed) {
    visit(document, {
      Alias(_, node) {
        hasAliases = true;
        if (node.resolve(document) !== undefined) return;
        // The alias is not named: a password that begins with `*` looks like one.
        const why = 'an alias (*name) has no anchor (&name) before it; quote a value that begins with *';
        mistakes.push({ place: placeOf(lines, node.range?.[0] ?? 0), text: why });
      },
    });
  }
  if (mistakes.length > 0) return failed(mistakes);
  const documents: YamlDocument[] = [];
  for (const document of parsed) {
    const { unset, replaced } = replaceVariables(document, lines, env);
    try {
      documents.push({ document, value: document.toJS() ?? {}, unset, replaced });
    } catch {
      // The parser counts what aliases expand to and stops at an amount that no honest file has.
      return failed([{ place: '1:1', text: 'aliases expand to too much' }]);
    }
  }
  return { mistakes, documents, lines, hasAliases };
}

/** The parser's words without what it quotes: a password that is not YAML must not come out here. */
function describeYamlError(error: YAMLParseError): string {
  const [first = ''] = error.message.split('\n');
  return first.replace(/: .*| \\.*/, '');
}
