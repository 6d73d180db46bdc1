/** srgit.yaml as plain data, in the words of config.schema.json. */
import type { SchemaType } from '../model/schema-version.ts';
import type { IdPolicy, Strategy } from '../plan/plan.ts';

export interface RawRegistry {
  readonly enabled?: boolean;
  /** Absent only where another spelling than srgit.yaml leaves it out: it is given on the command line then. */
  readonly url?: string | readonly string[];
  readonly auth?: {
    readonly type?: 'none' | 'basic' | 'bearer' | 'oauth' | 'mtls';
    readonly username?: string;
    readonly password?: string;
    readonly token?: string;
    readonly token_url?: string;
    readonly client_id?: string;
    readonly client_secret?: string;
    readonly scope?: string;
    readonly logical_cluster?: string;
    readonly identity_pool_id?: string;
  };
  readonly tls?: {
    readonly ca_cert?: string;
    readonly client_cert?: string;
    readonly client_key?: string;
    readonly client_key_password?: string;
  };
  readonly headers?: Readonly<Record<string, string>>;
  readonly concurrency?: number;
  readonly timeout_seconds?: number;
}

export interface RawCluster {
  readonly bootstrap_servers: string | readonly string[];
  readonly client?: 'platformatic' | 'kafkajs';
  readonly client_id?: string;
  readonly security?: {
    readonly protocol?: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
    /** GSSAPI comes from the backup tool's spelling only, and is refused where the cluster is used. */
    readonly mechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER' | 'GSSAPI';
    readonly username?: string;
    readonly password?: string;
    readonly token?: string;
    readonly token_url?: string;
    readonly client_id?: string;
    readonly client_secret?: string;
    readonly scope?: string;
  };
  readonly tls?: NonNullable<RawRegistry['tls']> & { readonly verify?: boolean };
  readonly connect_timeout_seconds?: number;
  readonly request_timeout_seconds?: number;
}

export interface RawStorage {
  /** The last three come from the backup tool's spelling only, and are refused where the storage is used. */
  readonly backend?: 'filesystem' | 's3' | 'azure' | 'gcs' | 'memory';
  readonly path?: string;
  readonly bucket?: string;
  readonly prefix?: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly path_style?: boolean;
  readonly allow_http?: boolean;
  readonly access_key?: string;
  readonly secret_key?: string;
  readonly session_token?: string;
  readonly backup_id?: string;
}

type RawFraming = 'auto' | 'confluent' | 'none';

export interface RawReplay {
  readonly topics?: string | readonly string[];
  readonly exclude?: string | readonly string[];
  readonly framing?: Readonly<Record<string, RawFraming | { readonly key?: RawFraming; readonly value?: RawFraming }>>;
  readonly contexts?: Readonly<Record<string, string>>;
  readonly topic_mapping?: Readonly<Record<string, string>>;
  readonly on_unknown?: 'fail' | 'pass' | 'dead-letter' | 'skip';
}

export interface RawConfig {
  readonly tree?: string;
  readonly registry?: string;
  readonly registries?: Readonly<Record<string, RawRegistry>>;
  readonly backup?: {
    readonly subjects?: string | readonly string[];
    readonly exclude?: string | readonly string[];
    readonly include_soft_deleted?: boolean;
    readonly include_versions?: 'all' | 'latest';
    readonly include_references?: boolean;
    readonly include_sensitive?: boolean;
    readonly schema_types?: readonly SchemaType[];
    readonly protobuf?: { readonly include_dependencies?: boolean };
    readonly topics?: string | readonly string[];
    readonly exclude_topics?: string | readonly string[];
  };
  readonly restore?: {
    readonly enabled?: boolean;
    readonly strategy?: Strategy;
    readonly strategy_by_subject?: Readonly<Record<string, Strategy>>;
    readonly id_policy?: IdPolicy;
    readonly id_mapping?: boolean;
    readonly rewrite_ids?: boolean;
    readonly force_ids?: boolean;
    readonly id_mapping_file?: string;
    readonly subject_mapping?: Readonly<Record<string, string>>;
    readonly to_context?: string;
    readonly set_compatibility?: string;
    readonly force_register?: boolean;
    readonly include_soft_deleted?: boolean;
    readonly settings?: boolean;
  };
  readonly git?: {
    readonly branch?: string;
    readonly remote?: string;
    readonly author_name?: string;
    readonly author_email?: string;
  };
  readonly kafka?: Readonly<Record<string, RawCluster>>;
  readonly storage?: RawStorage;
  readonly replay?: RawReplay;
}
