import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { buildMapByContent, checkMapFile } from '../../app/restore/build-id-map.ts';
import { readIdMap } from '../../app/restore/id-map-file.ts';
import { RestoreCommand, sourceFlags } from '../../cli/restore-command.ts';
import { EXIT, SrgitError } from '../../errors.ts';
import { plural } from '../../render/export-report.ts';
import { type IdMapFormat, renderIdMap, renderIdMapFaults } from '../../render/id-map-report.ts';

export default class IdMapCommand extends RestoreCommand {
  static override summary = 'Tell which id of the tree is which id in a registry.';
  static override description =
    `Looks every schema of the tree up in the registry, by content, and prints the map; writes \
nothing. With --check a map that a restore wrote is held against both sides: every id of the tree has an entry, and both \
ids are the same schema. With --file alone a map is printed in another form, and no registry is asked.

Exit code 3 when an id has no counterpart, or --check finds a fault.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --registry prod',
    '<%= config.bin %> <%= command.id %> --registry prod --check',
    '<%= config.bin %> <%= command.id %> --file schemas/id-maps/prod.json --format yaml',
  ];

  static override flags = {
    ...sourceFlags,
    file: Flags.string({ description: 'Take this map instead of building one.', helpValue: 'FILE' }),
    check: Flags.boolean({ description: 'Check the map; default file: that of the registry, in the tree.' }),
    format: Flags.option({
      options: ['json', 'csv', 'mapping', 'yaml'] as const,
      default: 'json' as const,
      description: 'How the map is printed; mapping is what id_mapping_file takes, yaml the backup tool.',
    })(),
    context: Flags.string({ description: 'For mapping and yaml: ids of this context only.', helpValue: 'NAME' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(IdMapCommand);
    if (flags.context !== undefined && (flags.check || flags.format === 'json' || flags.format === 'csv')) {
      throw new SrgitError('SRGIT_USAGE', '--context chooses the ids of --format mapping and yaml only', {
        hint: 'The json and csv forms have a place for every context: leave it out there.',
      });
    }
    const form = { format: flags.format as IdMapFormat, context: flags.context };
    if (flags.file !== undefined && !flags.check) {
      const map = readIdMap(resolve(flags.file));
      this.say(renderIdMap(map, form));
      return map;
    }
    const options = this.planOptions({ ...flags, ids: 'rewrite' }, { kind: 'restore' });
    if (flags.check) {
      const checked = await checkMapFile(options, flags.file === undefined ? undefined : resolve(flags.file));
      this.say(renderIdMapFaults(checked.map, checked.faults));
      if (checked.faults.length > 0) process.exitCode = EXIT.differences;
      return checked;
    }
    const { map, missing } = await buildMapByContent(options);
    this.say(renderIdMap(map, form));
    if (missing.length > 0) {
      const shown = missing
        .slice(0, 10)
        .map(({ context, from }) => (context === '.' ? `${from}` : `${context} ${from}`));
      this.caution(`${plural(missing.length, 'id')} without a counterpart in the registry: ${shown.join(', ')}`);
      process.exitCode = EXIT.differences;
    }
    return { ...map, missing };
  }
}
