import { Args, Flags } from '@oclif/core';
import { type CheckResult, checkSchemas, type GivenReference } from '../app/check-schemas.ts';
import { BaseCommand, treeFlag } from '../cli/base-command.ts';
import { EXIT, SrgitError } from '../errors.ts';
import { COMPATIBILITY_LEVELS } from '../model/schema-version.ts';
import { renderCheckReport } from '../render/check-report.ts';

export default class Check extends BaseCommand {
  static override summary = 'Check whether a schema can be the next version of its subject; no registry needed.';
  static override description = `Holds a schema file against the versions in the tree, at the compatibility level that \
the tree's config gives, by the rules of the registry. Without a file it checks every version that was added to the \
tree by hand, as a pull request does.

Exit code 0 when everything fits, 3 when something does not.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> order.avsc --subject orders-value',
    '<%= config.bin %> <%= command.id %> order.proto --subject orders-value --reference address.proto=addresses@2',
    '<%= config.bin %> <%= command.id %>',
  ];

  static override args = { file: Args.string({ description: 'Schema file: .avsc, .json or .proto.' }) };

  static override flags = {
    ...treeFlag,
    subject: Flags.string({ char: 's', description: 'Subject that the file is for.', helpValue: 'NAME' }),
    type: Flags.option({ options: ['AVRO', 'JSON', 'PROTOBUF'] as const, description: 'Type of the file.' })(),
    reference: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: "A schema that the file refers to; default: found by name, the subject's latest version first.",
      helpValue: 'NAME=SUBJECT[@VERSION]',
    }),
    level: Flags.option({
      options: COMPATIBILITY_LEVELS,
      description: "Compatibility level instead of the config's.",
    })(),
  };

  async run(): Promise<CheckResult> {
    const { args, flags } = await this.parse(Check);
    const { subject, reference, level, type, ...common } = flags;
    if (args.file === undefined && (subject ?? reference ?? type) !== undefined) {
      throw new SrgitError('SRGIT_USAGE', '--subject, --type and --reference are about a FILE', {
        hint: 'Name the file, or leave them out to check what was added to the tree by hand.',
      });
    }
    const result = await checkSchemas({
      config: this.settings(common, { registry: false }),
      file: args.file,
      subject,
      schemaType: type,
      references: reference?.map(parseReference),
      level,
      signal: this.signal,
    });
    this.say(renderCheckReport(result.checked));
    if (!result.ok) process.exitCode = EXIT.differences;
    return result;
  }
}

function parseReference(text: string): GivenReference {
  const [, name, subject, version] = /^([^=]+)=(.+?)(?:@([0-9]{1,10}|latest))?$/.exec(text) ?? [];
  if (name === undefined || subject === undefined) {
    throw new SrgitError('SRGIT_USAGE', `--reference ${text} is not NAME=SUBJECT or NAME=SUBJECT@VERSION`, {
      hint: 'For example --reference common.Address=addresses-value@3.',
    });
  }
  return version === undefined || version === 'latest'
    ? { name, subject }
    : { name, subject, version: Number(version) };
}
