/** A configuration file as it stands: parsed, its variables replaced, its shape checked, in the words of srgit.yaml. */
import { SrgitError } from '../errors.ts';
import { convertBackupToolConfig } from './backup-tool-config.ts';
import { type ConfigForm, formOf, notAppliedIn, validatorOf } from './config-form.ts';
import { type Conversion, isRecord } from './conversion.ts';
import { convertKafkaBackup, secretValue } from './kafka-backup-resource.ts';
import { offsetOf, placeOf } from './place.ts';
import type { RawConfig } from './raw-types.ts';
import { mountedSecret, secretsHint } from './secret-folder.ts';
import { findMistakes, type Mistake, pruneMistakes } from './shape.ts';
import { pointerOf, type UnsetVariable } from './variables.ts';
import { readDocuments, type YamlDocument } from './yaml-documents.ts';

export interface ParsedConfig {
  readonly raw: RawConfig;
  readonly form: ConfigForm;
  /** Variables and Secrets without a value, by paths of `raw`; those of what is not used may stay so. */
  readonly unset: readonly UnsetVariable[];
  /** True when parts of the file are used in several places, so that a value's path does not tell who needs it. */
  readonly hasAliases: boolean;
  /** Keys that srgit has no use for, and why: `line:column key does not apply: …`. */
  readonly notes: readonly Mistake[];
  /** Where in the file a setting of `raw` was written. */
  place(path: readonly string[]): string;
}

export interface ReadConfig {
  /** Every one, in no order. */
  readonly mistakes: readonly Mistake[];
  /** Without what is wrong; absent where the file is no YAML. */
  readonly parsed?: ParsedConfig;
}

/** @throws SrgitError SRGIT_CONFIG_INVALID with every mistake, its line and column. */
export function parseRawConfig(text: string, file: string, env: NodeJS.ProcessEnv): ParsedConfig {
  const { mistakes, parsed } = readConfig(text, env);
  if (mistakes.length === 0 && parsed !== undefined) return parsed;
  const shown = mistakes.slice(0, 12).map((mistake) => `${file}:${mistake.place} ${mistake.text}`);
  if (mistakes.length > shown.length) shown.push(`… and ${mistakes.length - shown.length} more`);
  throw new SrgitError('SRGIT_CONFIG_INVALID', shown.join('\n'), {
    hint: 'Every key is described in docs/configuration.md.',
  });
}

/** The same without an end at the mistakes. */
export function readConfig(text: string, env: NodeJS.ProcessEnv): ReadConfig {
  const { mistakes: unreadable, documents, lines, hasAliases } = readDocuments(text, env);
  const chosen = chooseDocument(documents);
  if (unreadable.length > 0 || chosen === undefined) return { mistakes: unreadable };
  const { document, value, unset, replaced } = chosen.main;
  const placeIn = (path: readonly string[], key = false): string => placeOf(lines, offsetOf(document, path, key));
  if (chosen.mistake !== undefined) return { mistakes: [{ place: placeIn([]), text: chosen.mistake }] };
  const form = formOf(value);
  const validate = validatorOf(form);
  // A value that is still `${NAME}` is reported as such, and only where it is needed.
  const open = new Set(unset.map(({ path }) => pointerOf(path)));
  const mistakes = findMistakes(validate, { data: value, document, lines, replaced, open });
  const data = mistakes.length === 0 ? value : pruneMistakes(validate, value);
  const notes = notAppliedIn(data, form).map(({ path, text: why }) => ({
    place: placeIn(path, true),
    text: `${path.join('.')} does not apply: ${why}`,
  }));
  if (form === 'srgit') {
    const place = (path: readonly string[]): string => placeIn(path);
    return { mistakes, parsed: { raw: data as RawConfig, form, unset, hasAliases, notes, place } };
  }
  const secrets = chosen.others.map((other) => other.value);
  const { made, missing } =
    form === 'operator'
      ? convertKafkaBackup(data, (name, key) => mountedSecret(env, name, key) ?? secretValue(secrets, name, key))
      : { made: convertBackupToolConfig(data), missing: [] };
  for (const { path, text: why } of made.mistakes) mistakes.push({ place: placeIn(path), text: why });
  const unsetBeside = chosen.others.flatMap((other) => other.unset);
  const parsed: ParsedConfig = {
    raw: made.raw as RawConfig,
    form,
    unset: [
      ...unset.flatMap((variable) => {
        const paths = targetsOf(made, variable.path);
        // What is written under a key that does not apply may be used by an alias elsewhere.
        return paths.length === 0 && hasAliases ? [variable] : paths.map((path) => ({ ...variable, path }));
      }),
      ...unsetBeside.flatMap((variable) => SECRET_USERS.map((path) => ({ ...variable, path }))),
      ...missing.map(({ to, from, name, key }) => ({
        name: '',
        path: to,
        place: placeIn(from),
        missing: {
          message: `there is no key ${JSON.stringify(key)} of a Secret ${JSON.stringify(name)}`,
          hint: secretsHint(env, name),
        },
      })),
    ],
    hasAliases,
    notes,
    place: (path) => placeIn(sourceOf(made, path)),
  };
  return { mistakes, parsed };
}

/** What a Secret is used for. */
const SECRET_USERS = [
  ['registries', 'source'],
  ['kafka', 'source'],
];

interface ChosenDocument {
  readonly main: YamlDocument;
  readonly others: readonly YamlDocument[];
  /** Why it cannot be the configuration. */
  readonly mistake?: string;
}

/** The document of the file that is the configuration: Secrets may stand beside an operator's resource. */
function chooseDocument(documents: readonly YamlDocument[]): ChosenDocument | undefined {
  const choose = (main: YamlDocument, mistake?: string): ChosenDocument => ({
    main,
    others: documents.filter((document) => document !== main),
    ...(mistake === undefined ? {} : { mistake }),
  });
  const kindOf = ({ value }: YamlDocument) => (isRecord(value) && 'apiVersion' in value ? value['kind'] : undefined);
  const [resource, another] = documents.filter((document) => kindOf(document) === 'KafkaBackup');
  if (another !== undefined) return choose(another, 'the file has several KafkaBackup resources; keep one');
  if (resource !== undefined) return choose(resource);
  const foreign = documents.find((document) => typeof kindOf(document) === 'string');
  if (foreign !== undefined) {
    return choose(foreign, 'of the kinds of Kubernetes only KafkaBackup is read, with its Secrets');
  }
  const [first, second] = documents;
  if (second !== undefined) return choose(second, 'the file has several YAML documents; srgit.yaml is one');
  return first && choose(first);
}

/** Where a setting of the file went to; nowhere when it does not apply. */
function targetsOf({ origins }: Conversion, path: readonly string[]): (readonly string[])[] {
  return origins.flatMap(({ to, from }) =>
    from.every((key, at) => path[at] === key) ? [[...to, ...path.slice(from.length)]] : [],
  );
}

/** Where a setting of ours was written; the nearest one around it for what is only implied. */
function sourceOf({ origins }: Conversion, path: readonly string[]): readonly string[] {
  const around = origins.filter(({ to }) => to.every((key, at) => path[at] === key));
  const within = origins.filter(({ to }) => path.every((key, at) => to[at] === key));
  const [best] = around.toSorted((a, b) => b.to.length - a.to.length);
  if (best !== undefined) return [...best.from, ...path.slice(best.to.length)];
  // Of a section that has no place of its own, what its first setting stands in.
  const [first] = within;
  return first === undefined ? [] : first.from.slice(0, -1);
}
