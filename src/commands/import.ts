import { Flags } from '@oclif/core';
import { type ImportResult, importSchemas } from '../app/import/import-schemas.ts';
import { BaseCommand, treeFlag } from '../cli/base-command.ts';
import { EXIT } from '../errors.ts';
import { renderImportReport } from '../render/import-report.ts';

export default class Import extends BaseCommand {
  static override summary = 'Make a tree of what another tool keeps of a registry.';
  static override description =
    `Reads a folder of ccloud-schema-exporter, state files of schema-registry-gitops, Karapace's backups, Apicurio's \
archives, what a console consumer or kcat printed of _schemas, a plain folder of .avsc, .proto and .json files, or another tree. \
Ids are kept where the source has them; versions without one count as added by hand until a registry takes them. \
What the source cannot tell is said.

Nothing is written when something is damaged, or in the way: exit code 1, and everything is named at once.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --from SchemaRegistryBackup',
    '<%= config.bin %> <%= command.id %> --from console:schemas.txt --tree from-topic',
    "<%= config.bin %> <%= command.id %> --from files:src/main/avro --subject-rule '{record}-value'",
    '<%= config.bin %> <%= command.id %> --from apicurio:export.zip --into-context apicurio',
  ];

  static override flags = {
    from: Flags.string({
      required: true,
      description: 'Path, or KIND:PATH: ccloud-exporter, gitops, karapace, apicurio, console, kcat, files or tree.',
      helpValue: 'SOURCE',
    }),
    ...treeFlag,
    'into-context': Flags.string({
      description: "Put the source's default context into this one, beside what the tree has.",
      helpValue: 'NAME',
    }),
    merge: Flags.boolean({ description: 'Add to a tree that has schemas already; what is in it stays.' }),
    'skip-damaged': Flags.boolean({ description: 'Leave out what is damaged, and go on.' }),
    'dry-run': Flags.boolean({ description: 'Read and check everything; write nothing.' }),
    'subject-rule': Flags.string({
      description:
        'Of files: file, path, topic, record or topic-record, or a text with {file}, {folder}, {path}, {record}. Default: file.',
      helpValue: 'RULE',
      helpGroup: 'SOURCE',
    }),
    'apicurio-ids': Flags.option({
      options: ['content', 'global'] as const,
      default: 'content' as const,
      description: 'Of Apicurio: which of its ids the records have.',
      helpGroup: 'SOURCE',
    })(),
    'key-separator': Flags.string({
      description: 'Of a console: what key.separator was; default: what the first line has.',
      helpValue: 'TEXT',
      helpGroup: 'SOURCE',
    }),
    'empty-values': Flags.option({
      options: ['auto', 'skip', 'tombstone'] as const,
      description: 'Of a topic: what an empty value is, nothing or a deletion as Karapace writes it.',
      helpGroup: 'SOURCE',
    })(),
    'include-sensitive': Flags.boolean({ description: 'Write the values of sensitive metadata properties too.' }),
  };

  async run(): Promise<ImportResult> {
    const { flags } = await this.parse(Import);
    const result = await importSchemas({
      config: this.settings(flags, { registry: false }),
      from: flags.from,
      cwd: process.cwd(),
      intoContext: flags['into-context'],
      merge: flags.merge,
      skipDamaged: flags['skip-damaged'],
      dryRun: flags['dry-run'],
      subjectRule: flags['subject-rule'],
      apicurioIds: flags['apicurio-ids'],
      keySeparator: flags['key-separator'],
      emptyValues: flags['empty-values'],
      now: Date.now,
      signal: this.signal,
      onProgress: this.onProgress,
    });
    for (const warning of result.warnings) this.caution(warning);
    this.say(renderImportReport(result, process.cwd()));
    if (result.outcome === 'refused') process.exitCode = EXIT.failed;
    return result;
  }
}
