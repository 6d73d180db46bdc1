import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { completionScript, SHELLS, type Shell } from '../cli/completion-script.ts';
import { readManifest } from '../cli/manifest.ts';
import { SrgitError } from '../errors.ts';

export default class Completion extends BaseCommand {
  static override summary = 'Print a script that completes commands and flags in your shell.';
  static override description = `Commands, flags, and the values of flags that have a fixed set. The script is whole: \
completing starts no srgit. Write it again after an update.

bash: eval it in ~/.bashrc. zsh: write it to a file _srgit in a folder of $fpath, before compinit runs. fish: write it to \
~/.config/fish/completions/srgit.fish.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> bash > ~/.local/share/bash-completion/completions/srgit',
    '<%= config.bin %> <%= command.id %> zsh > "$HOME/.zfunc/_srgit"',
    '<%= config.bin %> <%= command.id %> fish > ~/.config/fish/completions/srgit.fish',
  ];

  static override args = {
    shell: Args.string({ options: SHELLS, required: true, description: 'bash, zsh or fish.' }),
  };

  async run(): Promise<{ readonly shell: Shell; readonly script: string }> {
    const { args } = await this.parse(Completion);
    const shell = SHELLS.find((known) => known === args.shell) ?? 'bash';
    const manifest = readManifest(this.config.root);
    if (manifest === undefined) {
      throw new SrgitError(
        'SRGIT_INTERNAL',
        'the package lacks oclif.manifest.json, which says what can be completed',
        {
          hint: 'Install srgit again; in a checkout, run `npm run build`.',
        },
      );
    }
    const script = completionScript(shell, manifest);
    this.log(script);
    return { shell, script };
  }
}
