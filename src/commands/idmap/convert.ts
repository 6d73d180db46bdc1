import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { type ConvertedMap, convertIdMap, ID_MAP_FORMS } from '../../app/import/convert-id-map.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { plural } from '../../render/export-report.ts';

export default class IdMapConvert extends BaseCommand {
  static override summary = 'Write an id map in the form that another tool reads.';
  static override description = `Reads a map in any of the forms and prints it in another; no registry is asked. \
json is what a restore writes, with the proof that both ids are one schema; csv keeps that proof and every context; mapping is \
{"1": 100}, yaml the backup tool's schema_id_mapping, properties lines of 1=100. What the form has no place for is said. \
Only a map that has the proof becomes json.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --file schemas/id-maps/prod.json --to csv --out ids.csv',
    '<%= config.bin %> <%= command.id %> --file ids.csv --to mapping',
  ];
  static override flags = {
    file: Flags.string({
      required: true,
      description: 'The map to read; its content tells the form.',
      helpValue: 'FILE',
    }),
    to: Flags.option({ options: ID_MAP_FORMS, required: true, description: 'Form to write.' })(),
    context: Flags.string({
      description: 'For mapping, yaml and properties: ids of this context only.',
      helpValue: 'NAME',
    }),
    out: Flags.string({ description: 'Write it there instead of printing it.', helpValue: 'FILE' }),
  };

  async run(): Promise<ConvertedMap> {
    const { flags } = await this.parse(IdMapConvert);
    this.settings(flags, { registry: false });
    const result = convertIdMap({
      file: resolve(flags.file),
      to: flags.to,
      context: flags.context,
      out: flags.out === undefined ? undefined : resolve(flags.out),
    });
    if (result.lost.length > 0) this.caution(`${flags.to} has no place for: ${result.lost.join('; ')}`);
    if (result.out === undefined) this.say(result.text.replace(/\r?\n$/, ''));
    else this.say(`${flags.out}: ${plural(result.ids, 'id')}`);
    return result;
  }
}
