/** Runs a command by oclif, and tells what oclif would tell of one that there is not. */
import { Config, Errors, run } from '@oclif/core';
import { EXIT } from '../errors.ts';
import { hasColour, paintMessage } from './colour.ts';
import { describeError, errorDocument } from './describe-error.ts';
import { watchOutput } from './lost-output.ts';
import { unknownCommand } from './usage-error.ts';

/** @param root folder of the package. Ends with `process.exitCode` set. */
export async function runCommand(argv: readonly string[], root: string): Promise<void> {
  watchOutput();
  const config = await Config.load(root);
  try {
    await run(helpAsFlag(argv), config);
  } catch (thrown) {
    if (thrown instanceof Errors.ExitError) {
      process.exitCode = thrown.oclif.exit ?? EXIT.failed;
      return;
    }
    const isUnknown = thrown instanceof Errors.CLIError && /^command .* not found\.?$/is.test(thrown.message);
    const words = helpAsFlag(argv).slice(0, Math.max(1, indexOfFlag(argv)));
    const error = isUnknown ? unknownCommand(words, config.commandIDs.toSorted()) : thrown;
    const { text, exitCode } = describeError(error, argv.includes('--debug'));
    process.exitCode = exitCode;
    if (argv.includes('--json')) process.stdout.write(`${JSON.stringify(errorDocument(error), null, 2)}\n`);
    else process.stderr.write(`${hasColour(process.stderr, process.env, argv) ? paintMessage(text) : text}\n`);
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
