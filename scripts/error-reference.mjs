// Writes docs/errors.md: every code that srgit can end with or report, from the lists in the code. With --check only tells
// whether the page is up to date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HEALTH_FINDINGS } from '../src/app/health/health-findings.ts';
import { ERROR_CODES, SrgitError } from '../src/errors.ts';
import { REASONS } from '../src/plan/reasons.ts';
import { TOPIC_FINDINGS } from '../src/semantics/topic/findings.ts';
import { ERROR_WORDS, REASON_WORDS, TREE_FINDING_WORDS } from './error-words.ts';

const file = join(import.meta.dirname, '../docs/errors.md');

// A name of a setting at the beginning stays as it is.
const sentence = (text) =>
  `${/^\w+\.\w/.test(text) ? text[0] : text[0].toUpperCase()}${text.slice(1)}${/[.?!:]$/.test(text) ? '' : '.'}`;
const cell = (text) => text.replaceAll('|', '\\|');
const table = (head, rows) =>
  [
    `| ${head.join(' | ')} |`,
    `|${'---|'.repeat(head.length)}`,
    ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
  ].join('\n');
const rowsOf = (codes, words) => codes.map((code) => [`\`${code}\``, words[code].means, words[code].next]);
const wordsFor = (code) => {
  const words = ERROR_WORDS[code];
  if (words === undefined) throw new Error(`scripts/error-words.ts has no words for ${code}`);
  return words;
};

const errors = ERROR_CODES.map((code) => {
  const { means, next } = wordsFor(code);
  return `### ${code}\n\n${means} → ${next} Exit code ${new SrgitError(code, '').exitCode}.`;
});

const page = `# Errors and findings, by code

<!-- Written by scripts/error-reference.mjs from the code. Do not edit. -->

An error tells what failed, why, and what to do; with \`--json\` its code is \`error.code\`. Codes stay what they are; the
words of a message may change. \`--debug\` adds the stack and the exchange with the registry, secrets masked.

- [Errors](#errors): a command ends with one.
- [Problems of a plan](#problems-of-a-plan): \`srgit plan\`, \`restore\`, \`reconcile\` list them; with one error nothing is written.
- [Findings in a tree](#findings-in-a-tree): \`srgit verify --offline\`.
- [Findings in the topic](#findings-in-the-topic): \`srgit topic inspect\`.
- [Findings of health](#findings-of-health): \`srgit health\`.

## Errors

${errors.join('\n\n')}

## Problems of a plan

${table(['reason', 'why', 'what to do'], rowsOf(REASONS, REASON_WORDS))}

## Findings in a tree

Errors of a tree have codes of the list above (\`SRGIT_TREE_…\`). Beside them:

${table(['finding', 'what', 'what to do'], rowsOf(Object.keys(TREE_FINDING_WORDS), TREE_FINDING_WORDS))}

## Findings in the topic

What a registry does with it, observed on Confluent 8.3.1: \`stops\` it does not start; \`lost\` it passes the record over;
\`misleads\` it answers something else than was registered; \`risk\` nothing now.

${table(
  ['finding', 'effect', 'cause', 'what to do'],
  Object.entries(TOPIC_FINDINGS).map(([code, { effect, cause, next }]) => [
    `\`${code}\``,
    effect,
    sentence(cause),
    sentence(next),
  ]),
)}

## Findings of health

\`down\`: something that worked does not. \`risk\`: it works, and something is not as it should be.

${table(
  ['finding', 'severity', 'cause', 'what to do'],
  Object.entries(HEALTH_FINDINGS).map(([code, { severity, cause, next }]) => [
    `\`${code}\``,
    severity,
    sentence(cause),
    sentence(next),
  ]),
)}
`;

if (process.argv.includes('--check')) {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== page) {
    console.error('docs/errors.md is out of date: run `node scripts/error-reference.mjs`.');
    process.exitCode = 1;
  }
} else writeFileSync(file, page);
