/** What srgit.yaml says about records: clusters, storage, and how topics are scanned and replayed. */
import { isAbsolute, resolve } from 'node:path';
import { SrgitError } from '../errors.ts';
import { type ClusterSettings, clusterSettings } from './kafka-settings.ts';
import type { RawConfig, RawReplay, RawStorage } from './raw-types.ts';
import { type Refuse, stopAtFirst } from './refuse.ts';
import { list } from './setting.ts';

export type FramingSetting = 'auto' | 'confluent' | 'none';
export type UnknownSetting = 'fail' | 'pass' | 'dead-letter' | 'skip';

export type StorageSettings =
  | {
      readonly backend: 'filesystem';
      /** Absolute. */
      readonly path: string;
    }
  | {
      readonly backend: 's3';
      readonly bucket: string;
      readonly prefix?: string;
      readonly region?: string;
      readonly endpoint?: string;
      readonly pathStyle?: boolean;
      readonly allowHttp?: boolean;
      /** The standard chain otherwise. */
      readonly accessKeyId?: string;
      readonly secretAccessKey?: string;
      readonly sessionToken?: string;
    };

export interface TopicFraming {
  readonly topics: string;
  readonly key?: FramingSetting;
  readonly value?: FramingSetting;
}

export interface RecordSettings {
  /** By the name that the command line has. */
  readonly clusters: ReadonlyMap<string, ClusterSettings>;
  readonly storage?: StorageSettings;
  /** Which backup of the storage is meant where the command line says nothing. */
  readonly backupId?: string;
  /** What a backup takes: globs; absent where the file says nothing. */
  readonly backupTopics?: readonly string[];
  readonly backupExclude?: readonly string[];
  /** Globs; absent where the file says nothing. */
  readonly topics?: readonly string[];
  readonly exclude: readonly string[];
  /** The first glob that matches and speaks of the side counts. */
  readonly framing: readonly TopicFraming[];
  /** The first glob that matches counts. */
  readonly contexts: readonly { readonly topics: string; readonly context: string }[];
  /** Exact names, or a `*` on both sides; in the order given. */
  readonly topicMapping: readonly { readonly from: string; readonly to: string }[];
  readonly onUnknown?: UnknownSetting;
}

/** @throws SrgitError SRGIT_CONFIG_MISSING, SRGIT_CONFIG_INVALID */
export function recordSettings(
  raw: RawConfig,
  needs: { readonly clusters: readonly string[]; readonly storage: boolean },
  base: string,
  refuse: Refuse = stopAtFirst,
): RecordSettings {
  const replay: RawReplay = raw.replay ?? {};
  const topics = list(replay.topics);
  const backupTopics = list(raw.backup?.topics);
  const backupExclude = list(raw.backup?.exclude_topics);
  const backupId = raw.storage?.backup_id;
  return {
    clusters: new Map(needs.clusters.map((name) => [name, clusterSettings(name, raw.kafka ?? {}, base, refuse)])),
    ...(needs.storage ? { storage: storageSettings(raw.storage, base, refuse) } : {}),
    ...(backupId === undefined || !needs.storage ? {} : { backupId }),
    ...(backupTopics === undefined ? {} : { backupTopics }),
    ...(backupExclude === undefined ? {} : { backupExclude }),
    ...(topics === undefined ? {} : { topics }),
    exclude: list(replay.exclude) ?? [],
    framing: Object.entries(replay.framing ?? {}).map(([pattern, framing]) =>
      typeof framing === 'string' ? { topics: pattern, key: framing, value: framing } : { topics: pattern, ...framing },
    ),
    contexts: Object.entries(replay.contexts ?? {}).map(([pattern, context]) => ({
      topics: pattern,
      context: contextName(context, 'SRGIT_CONFIG_INVALID', refuse, ['replay', 'contexts', pattern]),
    })),
    topicMapping: Object.entries(replay.topic_mapping ?? {}).map(([from, to]) =>
      topicMapping(from, to, 'SRGIT_CONFIG_INVALID', refuse, ['replay', 'topic_mapping', from]),
    ),
    ...(replay.on_unknown === undefined ? {} : { onUnknown: replay.on_unknown }),
  };
}

/** @throws SrgitError SRGIT_CONFIG_MISSING, SRGIT_CONFIG_INVALID */
export function storageSettings(
  raw: RawStorage | undefined,
  base: string,
  refuse: Refuse = stopAtFirst,
): StorageSettings {
  if (raw === undefined) {
    throw new SrgitError('SRGIT_CONFIG_MISSING', 'no storage is configured', {
      hint: 'Name the archive on the command line, or describe it under `storage:` in srgit.yaml.',
    });
  }
  const backend = raw.backend ?? (raw.bucket === undefined ? 'filesystem' : 's3');
  const required = (key: 'path' | 'bucket'): string => {
    const value = raw[key];
    if (value !== undefined && value !== '') return value;
    const hint = { hint: 'Set it in srgit.yaml.' };
    refuse(new SrgitError('SRGIT_CONFIG_INVALID', `storage.${key} is missing`, hint), ['storage', key]);
    return '';
  };
  if (backend === 'filesystem') {
    const path = required('path');
    return { backend, path: isAbsolute(path) ? path : resolve(base, path) };
  }
  if (backend !== 's3') {
    refuse(
      new SrgitError('SRGIT_CONFIG_INVALID', `srgit has no storage ${JSON.stringify(backend)}`, {
        hint: 'Use a folder, or a bucket with the S3 protocol; or name the place on the command line.',
      }),
      ['storage', 'backend'],
    );
  }
  const { prefix, region, endpoint, path_style: pathStyle, allow_http: allowHttp } = raw;
  const { access_key: accessKeyId, secret_key: secretAccessKey, session_token: sessionToken } = raw;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    refuse(
      new SrgitError('SRGIT_CONFIG_INVALID', 'storage.access_key and storage.secret_key go together', {
        hint: 'Set both, or neither: the standard chain of credentials is asked then.',
      }),
      ['storage', accessKeyId === undefined ? 'secret_key' : 'access_key'],
    );
  }
  return {
    backend: 's3',
    bucket: required('bucket'),
    ...(prefix === undefined ? {} : { prefix }),
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(pathStyle === undefined ? {} : { pathStyle }),
    ...(allowHttp === undefined ? {} : { allowHttp }),
    ...(accessKeyId === undefined ? {} : { accessKeyId }),
    ...(secretAccessKey === undefined ? {} : { secretAccessKey }),
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}

type Blame = 'SRGIT_CONFIG_INVALID' | 'SRGIT_USAGE';

/** `staging`, `.staging` and `:.staging:` are one context; `.` is the default one. */
export function contextName(
  text: string,
  blame: Blame,
  refuse: Refuse = stopAtFirst,
  path: readonly string[] = [],
): string {
  const name = text.replace(/^:?\.?/, '').replace(/:$/, '');
  if (name.includes(':') || name === '__GLOBAL') {
    const hint = { hint: 'For example staging.' };
    refuse(new SrgitError(blame, `${JSON.stringify(text)} is not the name of a context`, hint), path);
  }
  return `.${name}`;
}

export function topicMapping(
  from: string,
  to: string,
  blame: Blame,
  refuse: Refuse = stopAtFirst,
  path: readonly string[] = [],
): { readonly from: string; readonly to: string } {
  const [left, right] = [from, to].map((pattern) => pattern.split('*').length - 1);
  if (left !== right || left === undefined || left > 1 || from === '' || to === '') {
    refuse(
      new SrgitError(blame, `the topic ${JSON.stringify(from)} cannot be renamed to ${JSON.stringify(to)}`, {
        hint: 'Give exact names, or one * on both sides: what it stands for is kept.',
      }),
      path,
    );
  }
  return { from, to };
}

const FRAMINGS: readonly FramingSetting[] = ['auto', 'confluent', 'none'];

/** `orders-*:key=none`, or `orders-*=none` for both sides. @throws SrgitError SRGIT_USAGE */
export function parseFraming(text: string): TopicFraming {
  const [, topics, side, word] = /^(.+?)(?::(key|value))?=([a-z]+)$/.exec(text) ?? [];
  const framing = FRAMINGS.find((known) => known === word);
  if (topics === undefined || framing === undefined) {
    throw new SrgitError('SRGIT_USAGE', `--framing ${text} is not TOPICS[:key|:value]=auto|confluent|none`, {
      hint: "For example --framing 'orders-*:key=none'.",
    });
  }
  if (side === 'key') return { topics, key: framing };
  if (side === 'value') return { topics, value: framing };
  return { topics, key: framing, value: framing };
}
