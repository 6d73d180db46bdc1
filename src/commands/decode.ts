import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { schemasOfRegistry, schemasOfTree } from '../app/decode/load-schemas.ts';
import { readBytes } from '../app/decode/read-bytes.ts';
import {
  BYTE_FORMS,
  type ByteForm,
  bytesFromText,
  type GivenBytes,
  parseRecordHeader,
} from '../app/decode/record-bytes.ts';
import { type DecodedRecord, type DecodeRecordOptions, decodeRecord } from '../app/decode-record.ts';
import { BaseCommand, registryFlags, treeFlag } from '../cli/base-command.ts';
import { EXIT, SrgitError } from '../errors.ts';
import { renderDecodeReport } from '../render/decode-report.ts';

export default class Decode extends BaseCommand {
  static override summary = 'Decode one record: which schema wrote it, and what it says.';
  static override description =
    `Takes a record's key or value as hex, as base64, from a file (@FILE) or from a pipe (-), finds its schema by the id \
or guid before it or in its headers, and shows it as JSON: Avro, JSON Schema and Protobuf, with references. Schemas come \
from the tree, of a commit with --ref, or from the registry that --registry or --url names.

What does not fit is named with its byte and its field, and what was read until there is shown. With --guess, every \
schema of the topic is tried where the id is unknown, and those that read the record to its last byte are listed.

Exit code 0 when the record was read to its last byte, 1 when it was not.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> 00000000012a06666f6f',
    '<%= config.bin %> <%= command.id %> AAAAAAEqBmZvbw== --registry prod',
    'kcat -C -b localhost:9092 -t orders -o 42 -c 1 -f %s | <%= config.bin %> <%= command.id %> - --topic orders --guess',
    '<%= config.bin %> <%= command.id %> @value.bin --record-header __value_schema_id=01… --json',
  ];

  static override args = {
    record: Args.string({ required: true, description: 'Hex or base64; @FILE for a file; - for a pipe.' }),
  };

  static override flags = {
    ...treeFlag,
    ref: Flags.string({
      description: 'Schemas as they were in this branch, tag or commit.',
      exclusive: ['registry', 'url'],
    }),
    topic: Flags.string({ description: 'Topic of the record: its subjects are looked at first.' }),
    side: Flags.option({
      options: ['key', 'value'] as const,
      default: 'value',
      description: 'Which side of the record it is.',
    })(),
    'record-header': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'Header of the record, its value in hex or base64, or text:VALUE.',
      helpValue: 'NAME=VALUE',
    }),
    bytes: Flags.option({
      options: BYTE_FORMS,
      default: 'auto' as const,
      description: 'How the record is written; raw takes a file or pipe as it is.',
    })(),
    unframed: Flags.boolean({ description: 'There is no id before the payload, whatever it begins with.' }),
    subject: Flags.string({ char: 's', description: 'Read it with the schema of this subject, whatever its id.' }),
    'subject-version': Flags.integer({
      min: 1,
      description: 'Version of --subject; default the latest.',
      dependsOn: ['subject'],
    }),
    message: Flags.string({ description: 'Full name of the Protobuf message, whatever the record says.' }),
    context: Flags.string({ description: 'Look in this context only: . or .NAME.' }),
    guess: Flags.boolean({ description: 'Where the id is unknown, try every schema of the topic, or of all.' }),
    ...registryFlags,
  };

  async run(): Promise<DecodedRecord> {
    const { args, flags } = await this.parse(Decode);
    const asksRegistry = flags.registry !== undefined || flags.url !== undefined;
    // `--subject` is no selection here.
    const config = this.settings({ ...flags, subject: undefined }, { registry: asksRegistry });
    const given = await this.#given(args.record, flags.bytes);
    const record: DecodeRecordOptions = {
      bytes: given.bytes,
      headers: (flags['record-header'] ?? []).map(parseRecordHeader),
      side: flags.side,
      topic: flags.topic,
      context: contextOf(flags.context),
      subject: flags.subject,
      version: flags['subject-version'],
      message: flags.message,
      unframed: flags.unframed,
      guess: flags.guess,
      signal: this.signal,
      onProgress: this.onProgress,
    };
    const { state, warnings } = asksRegistry
      ? await schemasOfRegistry(this.registryOf(config), config, record)
      : await schemasOfTree(config, { ref: flags.ref, env: process.env, signal: this.signal });
    for (const warning of warnings) this.caution(warning);
    const result = await decodeRecord(state, record);
    this.say(renderDecodeReport(result));
    if (result.outcome !== 'decoded' && result.outcome !== 'guessed') process.exitCode = EXIT.failed;
    return result;
  }

  #given(record: string, form: ByteForm): Promise<GivenBytes> {
    if (record === '-') return readBytes(process.stdin, 'standard input', form, this.signal);
    if (!record.startsWith('@')) return Promise.resolve(bytesFromText(record, form));
    const file = resolve(record.slice(1));
    return readBytes(createReadStream(file), file, form, this.signal);
  }
}

function contextOf(name: string | undefined): string | undefined {
  if (name === undefined || name.startsWith('.')) return name;
  throw new SrgitError('SRGIT_USAGE', `--context ${JSON.stringify(name)} does not begin with a dot`, {
    hint: `The default context is ".", others are like ".${name.replace(/^:|:$/g, '')}".`,
  });
}
