/** The command line's entry: runs a command, and tells what oclif would tell of one that there is not. */
import { Config, Errors, flush, run } from '@oclif/core';
import { EXIT } from '../errors.ts';
import { describeError, errorDocument } from './describe-error.ts';
import { unknownCommand } from './usage-error.ts';

/** @param root folder of the package. Ends with `process.exitCode` set; what is still open keeps the process alive. */
export async function main(argv: readonly string[], root: string): Promise<void> {
  const config = await Config.load(root);
  try {
    await run(helpAsFlag(argv), config);
    await flush();
  } catch (thrown) {
    if (thrown instanceof Errors.ExitError) {
      process.exitCode = thrown.oclif.exit ?? EXIT.failed;
      return;
    }
    const isUnknown = thrown instanceof Errors.CLIError && /^command .* not found$/s.test(thrown.message);
    const words = helpAsFlag(argv).slice(0, Math.max(1, indexOfFlag(argv)));
    const error = isUnknown ? unknownCommand(words, config.commandIDs.toSorted()) : thrown;
    const { text, exitCode } = describeError(error, argv.includes('--debug'));
    process.exitCode = exitCode;
    if (argv.includes('--json')) process.stdout.write(`${JSON.stringify(errorDocument(error), null, 2)}\n`);
    else process.stderr.write(`${text}\n`);
  }
}

/** `srgit help export`, as other tools have it. */
function helpAsFlag(argv: readonly string[]): string[] {
  return argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv];
}

function indexOfFlag(argv: readonly string[]): number {
  const index = argv.findIndex((word) => word.startsWith('-'));
  return index < 0 ? argv.length : index;
}
