/** What a person named as the source of an import, read as rows and settings whatever tool it is of. */
import { resolve } from 'node:path';
import { readApicurioArchive } from '../../archive/import/apicurio.ts';
import { readCcloudFolder } from '../../archive/import/ccloud.ts';
import { readGitopsState } from '../../archive/import/gitops.ts';
import type { ImportedSource } from '../../archive/import/imported.ts';
import {
  placeOfKind,
  type Recognized,
  recognizeSource,
  SOURCE_KINDS,
  type SourceKind,
} from '../../archive/import/recognize.ts';
import { SrgitError } from '../../errors.ts';
import { readFiles } from './from-files.ts';
import { readConsoleTopic, readKarapaceTopic, readKcatTopic } from './from-topic.ts';
import { readTreeSource } from './from-tree.ts';
import type { SourceOptions } from './source-options.ts';

/**
 * `KIND:PATH`, or a path whose content tells.
 *
 * @throws SrgitError SRGIT_USAGE, SRGIT_ARCHIVE_MISSING
 */
export function parseImportLocation(text: string, cwd: string): Recognized {
  const [, word = '', rest = ''] = /^([A-Za-z][A-Za-z0-9-]+):(.*)$/s.exec(text) ?? [];
  const kind = SOURCE_KINDS.find((known) => known === word);
  if (kind !== undefined) {
    if (rest === '')
      throw new SrgitError('SRGIT_USAGE', `--from ${text} names no place`, { hint: `Give ${kind}:PATH.` });
    return placeOfKind(kind, resolve(cwd, rest));
  }
  if (word === 'kbak' || word === 'kafka-log' || word === 'kafka') {
    throw new SrgitError('SRGIT_USAGE', `--from ${text} is a topic: that is not imported, but salvaged`, {
      hint: `srgit topic salvage --from ${text} --to-tree`,
    });
  }
  const found = recognizeSource(resolve(cwd, text));
  if (found !== undefined) return found;
  throw new SrgitError('SRGIT_USAGE', `${text} is none of the sources that srgit knows by their content`, {
    hint: `Say what it is: --from KIND:PATH, with ${SOURCE_KINDS.join(', ')}.`,
  });
}

/** @throws SrgitError SRGIT_ARCHIVE_MISSING, SRGIT_ARCHIVE_INVALID, SRGIT_USAGE, SRGIT_TREE_* */
export async function readImportSource({ kind, path }: Recognized, options: SourceOptions): Promise<ImportedSource> {
  const { signal, onProgress } = options;
  refuseForeignOptions(kind, options);
  switch (kind) {
    case 'ccloud-exporter':
      return readCcloudFolder(path, signal);
    case 'gitops':
      return readGitopsState(path, signal);
    case 'apicurio':
      return readApicurioArchive(path, {
        ids: options.apicurioIds,
        signal,
        onEntry: (done, total) => onProgress?.({ phase: 'reading entries', done, total }),
      });
    case 'files':
      return readFiles(path, options);
    case 'tree':
      return readTreeSource(path, signal);
    case 'console':
      return readConsoleTopic(path, options);
    case 'karapace':
      return readKarapaceTopic(path, options);
    case 'kcat':
      return readKcatTopic(path, options);
  }
}

/** A flag that says nothing here was meant for something else. */
function refuseForeignOptions(
  kind: SourceKind,
  { subjectRule, keySeparator, apicurioIds, emptyValues }: SourceOptions,
) {
  const isTopic = kind === 'karapace' || kind === 'kcat' || kind === 'console';
  const flag =
    subjectRule !== undefined && kind !== 'files'
      ? 'subject-rule'
      : keySeparator !== undefined && kind !== 'console'
        ? 'key-separator'
        : apicurioIds === 'global' && kind !== 'apicurio'
          ? 'apicurio-ids'
          : emptyValues !== undefined && !isTopic
            ? 'empty-values'
            : undefined;
  if (flag === undefined) return;
  throw new SrgitError('SRGIT_USAGE', `--${flag} says nothing about a source of the kind ${kind}`, {
    hint: 'Leave it out, or name the kind of source that is meant: --from KIND:PATH.',
  });
}
