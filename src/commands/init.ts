import { join, relative } from 'node:path';
import { Flags } from '@oclif/core';
import {
  checkUrl,
  configFileIn,
  DEFAULT_REGISTRY,
  type InitResult,
  initRepository,
  repositoryOf,
} from '../app/init-repository.ts';
import { AUTH_KINDS, type AuthKind, WORKFLOWS, type WorkflowName } from '../app/init-templates.ts';
import { type Dialog, openDialog } from '../cli/ask-line.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { isSrgitError } from '../errors.ts';
import { renderInitReport } from '../render/init-report.ts';

const DEFAULT_WORKFLOWS: readonly WorkflowName[] = ['nightly-export', 'pull-request-plan'];

interface Answers {
  readonly registry: string;
  readonly urls: readonly string[];
  readonly auth: AuthKind;
  readonly tree: string;
  readonly workflows: readonly WorkflowName[];
  readonly example: boolean;
}

export default class Init extends BaseCommand {
  static override summary = 'Set up a repository: srgit.yaml, workflows, git settings, an example.';
  static override description = `Asks what it needs to know on a terminal; elsewhere, or with --yes, the flags say it. \
Files that are there are never changed: it says which, and what they lack. The example is one schema without an id, \
which no registry gets before a restore.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --url https://registry.example.com:8081 --auth basic',
    '<%= config.bin %> <%= command.id %> --yes --registry staging --tree schemas/staging --no-workflows',
    '<%= config.bin %> <%= command.id %> --url http://localhost:8081 --auth none --workflow nightly-export --no-example',
  ];

  static override flags = {
    registry: Flags.string({ char: 'r', description: 'Name for the registry; default prod.', helpValue: 'NAME' }),
    url: Flags.string({
      char: 'u',
      multiple: true,
      multipleNonGreedy: true,
      description: 'Base URL of the registry; once for each node.',
    }),
    auth: Flags.option({ options: AUTH_KINDS, description: 'How srgit shows who it is; default basic.' })(),
    tree: Flags.string({ description: 'Folder of the schema tree; default schemas.', helpValue: 'DIR' }),
    workflow: Flags.option({
      options: WORKFLOWS,
      multiple: true,
      multipleNonGreedy: true,
      description: 'GitHub workflow to write; default nightly-export and pull-request-plan.',
    })(),
    workflows: Flags.boolean({ allowNo: true, description: 'Write workflows (default yes).' }),
    example: Flags.boolean({
      allowNo: true,
      description: 'Write an example where there is no tree yet (default yes).',
    }),
    yes: Flags.boolean({ char: 'y', description: 'Do not ask: what no flag says is as by default.' }),
  };

  async run(): Promise<InitResult> {
    const { flags } = await this.parse(Init);
    const folder = process.cwd();
    const given = {
      registry: flags.registry,
      urls: flags.url,
      auth: flags.auth,
      tree: flags.tree,
      workflows: flags.workflows === false ? [] : flags.workflow,
      example: flags.example,
    };
    const isAsked = !flags.yes && !this.jsonEnabled() && process.stdin.isTTY === true && process.stderr.isTTY === true;
    const there = this.#configured(folder, flags);
    if (isAsked && there !== undefined)
      this.caution(`${there.file} stays as it is: what follows is for the other files`);
    const answers = isAsked ? await this.#ask(given, there) : withDefaults(given, there);
    const result = initRepository({
      ...answers,
      folder,
      templates: join(this.config.root, '.github', 'workflows-examples'),
      version: this.config.version,
    });
    const top = repositoryOf(folder);
    if (top !== undefined && top !== folder && result.created.some((file) => file.startsWith('.github'))) {
      this.caution(`GitHub reads workflows at the top of the repository only: move .github to ${top}`);
    }
    this.say(renderInitReport(result));
    return result;
  }

  /** What a configuration that is there says: the workflows are to fit it. */
  #configured(
    folder: string,
    { quiet, debug }: { readonly quiet: boolean; readonly debug: boolean },
  ): Configured | undefined {
    const file = configFileIn(folder);
    if (file === undefined) return undefined;
    try {
      const { tree, registry } = this.settings(
        { config: file, quiet, debug, 'no-color': false, json: undefined },
        { registry: true },
      );
      return { file, tree: relative(folder, tree) || '.', registry: registry?.name };
    } catch (error) {
      // It may be for a variable that is not set here.
      if (!isSrgitError(error)) throw error;
      return { file };
    }
  }

  /** What no flag says is asked; a wrong answer is asked again. */
  async #ask(given: Given, there: Configured | undefined): Promise<Answers> {
    const preset = withDefaults({}, there);
    const dialog = openDialog({
      input: process.stdin,
      output: process.stderr,
      // To those who stop the command at that signal: a second one ends it at once.
      onInterrupt: () => process.emit('SIGINT', 'SIGINT'),
      signal: this.signal,
    });
    try {
      const registry = given.registry ?? (await dialog.ask('Name of the registry', preset.registry));
      const urls = given.urls ?? (there === undefined ? await this.#askUrls(dialog) : []);
      const auth = given.auth ?? (await this.#askOneOf(dialog, 'How does srgit show who it is', AUTH_KINDS, 'basic'));
      const tree = given.tree ?? (await dialog.ask('Folder of the schemas', preset.tree));
      const workflows = given.workflows ?? (await this.#askWorkflows(dialog));
      const example = given.example ?? /^y/i.test(await dialog.ask('An example schema to try it with (y/n)', 'y'));
      return { registry, urls, auth, tree, workflows, example };
    } finally {
      dialog.close();
    }
  }

  async #askUrls(dialog: Dialog): Promise<readonly string[]> {
    for (;;) {
      const answer = await dialog.ask('Its URL (several nodes with commas; nothing: later)', '');
      const urls = answer.split(',').flatMap((url) => (url.trim() === '' ? [] : [url.trim()]));
      try {
        return urls.map(checkUrl);
      } catch (error) {
        if (!isSrgitError(error, 'SRGIT_USAGE')) throw error;
        this.caution(`${error.message}. ${error.hint ?? ''}`);
      }
    }
  }

  async #askOneOf<T extends string>(dialog: Dialog, question: string, known: readonly T[], preset: T): Promise<T> {
    for (;;) {
      const answer = await dialog.ask(`${question} (${known.join(', ')})`, preset);
      const found = known.find((one) => one === answer.toLowerCase());
      if (found !== undefined) return found;
      this.caution(`${JSON.stringify(answer)} is none of ${known.join(', ')}`);
    }
  }

  async #askWorkflows(dialog: Dialog): Promise<readonly WorkflowName[]> {
    for (;;) {
      const answer = await dialog.ask(`Workflows (${WORKFLOWS.join(', ')}, or none)`, DEFAULT_WORKFLOWS.join(', '));
      if (/^none$/i.test(answer)) return [];
      const names = answer.split(/[\s,]+/).filter((name) => name !== '');
      const unknown = names.find((name) => !isWorkflow(name));
      if (unknown === undefined) return names.filter(isWorkflow);
      this.caution(`there is no workflow ${JSON.stringify(unknown)}`);
    }
  }
}

type Given = { readonly [K in keyof Answers]?: Answers[K] | undefined };

interface Configured {
  readonly file: string;
  readonly tree?: string;
  readonly registry?: string | undefined;
}

function withDefaults(given: Given, there: Configured | undefined): Answers {
  return {
    registry: given.registry ?? there?.registry ?? DEFAULT_REGISTRY,
    urls: given.urls ?? [],
    auth: given.auth ?? 'basic',
    tree: given.tree ?? there?.tree ?? 'schemas',
    workflows: given.workflows ?? DEFAULT_WORKFLOWS,
    example: given.example ?? true,
  };
}

function isWorkflow(name: string): name is WorkflowName {
  return WORKFLOWS.some((known) => known === name);
}
