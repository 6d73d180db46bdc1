/**
 * The command line's entry. What can be said without a command (its help, its version) is said from the manifest: the
 * library of commands is as much work to load as everything else of a start.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderRootHelp } from '../render/root-help.ts';
import { bold, hasColour } from './colour.ts';
import { watchOutput } from './lost-output.ts';
import { readManifest, rootHelpOf, versionLine } from './manifest.ts';
import { terminalWidth } from './terminal-width.ts';

/** @param start folder of the package or one in it. Ends with `process.exitCode` set; what is still open keeps the process alive. */
export async function main(argv: readonly string[], start: string): Promise<void> {
  const root = packageFolder(start);
  watchOutput();
  const [first] = argv;
  if (first === '--version' && argv.length === 1) {
    process.stdout.write(`${versionLine(root)}\n`);
    return;
  }
  const asksForHelp = first === undefined || first === 'help' || first === '--help' || first === '-h';
  const manifest =
    asksForHelp && argv.every((word) => word === first || word === '--no-color') ? readManifest(root) : undefined;
  if (manifest !== undefined) {
    const heading = hasColour(process.stdout, process.env, argv) ? bold : String;
    const width = terminalWidth(process.stdout, process.env);
    process.stdout.write(`${renderRootHelp(rootHelpOf(root, manifest), width, heading)}\n`);
    return;
  }
  const { runCommand } = await import('./run-command.ts');
  await runCommand(argv, root);
}

function packageFolder(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) return start;
  }
}
