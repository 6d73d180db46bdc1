/** The job's summary. */
import { summary } from '@actions/core';

/** GitHub takes a megabyte for each step. */
const LONGEST = 900_000;

/** Nothing where there is no runner to read it. */
export async function writeSummary(markdown: string, env: NodeJS.ProcessEnv): Promise<void> {
  if ((env['GITHUB_STEP_SUMMARY'] ?? '') === '') return;
  // Bounded in bytes, of which a character may have four.
  const bytes = Buffer.from(markdown);
  const text =
    bytes.length <= LONGEST
      ? markdown
      : `${new TextDecoder().decode(bytes.subarray(0, bytes.lastIndexOf('\n', LONGEST)))}\n\n_The rest is too long._`;
  await summary.addRaw(text, true).write();
}
