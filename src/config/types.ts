/** Configuration once it is validated: nothing further in sees raw settings or the process's environment. */
import type { SchemaType } from '../model/schema-version.ts';
import type { SubjectSelection } from '../model/selection.ts';
import type { RecordSettings } from './record-settings.ts';
import type { RestoreSettings } from './restore-settings.ts';

export type AuthSettings =
  | { readonly type: 'none' | 'mtls' }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string }
  | {
      readonly type: 'oauth';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
      readonly logicalCluster?: string;
      readonly identityPoolId?: string;
    };

/** Certificates and keys as PEM texts: the files are read with the configuration. */
export interface TlsSettings {
  readonly caCert?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly passphrase?: string;
}

export interface ProxySettings {
  readonly http?: string;
  readonly https?: string;
  readonly noProxy?: string;
}

export interface RegistrySettings {
  /** Its name in srgit.yaml; absent when it was named by URL. */
  readonly name?: string;
  readonly urls: readonly string[];
  readonly auth: AuthSettings;
  readonly tls: TlsSettings;
  readonly headers: Readonly<Record<string, string>>;
  readonly proxy: ProxySettings;
  /** Most requests at once. */
  readonly concurrency?: number;
  readonly timeoutMs?: number;
}

export interface BackupSettings {
  readonly selection: SubjectSelection;
  readonly includeSoftDeleted: boolean;
  readonly versions: 'all' | 'latest';
  readonly includeReferences: boolean;
  readonly includeSensitive: boolean;
  readonly schemaTypes: readonly SchemaType[];
}

export interface GitSettings {
  readonly branch?: string;
  readonly remote: string;
  readonly authorName?: string;
  readonly authorEmail?: string;
}

export interface Config {
  /** Path of the file it came from; absent when there was none. */
  readonly file?: string;
  /** Keys of the file that do not apply, and why, each with its place; absent where there are none. */
  readonly notes?: readonly string[];
  /** Absolute path of the tree. */
  readonly tree: string;
  /** The registry that the command is about; absent when none is configured. */
  readonly registry?: RegistrySettings;
  readonly backup: BackupSettings;
  readonly restore: RestoreSettings;
  readonly git: GitSettings;
  /** Only where the command is about records. */
  readonly records?: RecordSettings;
}

/** What the command line says, beating environment and file. */
export interface ConfigFlags {
  readonly config?: string | undefined;
  readonly tree?: string | undefined;
  readonly registry?: string | undefined;
  readonly url?: readonly string[] | undefined;
  readonly username?: string | undefined;
  readonly caCert?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly headers?: readonly string[] | undefined;
  readonly concurrency?: number | undefined;
  readonly subjects?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly includeSoftDeleted?: boolean | undefined;
  readonly versions?: 'all' | 'latest' | undefined;
  readonly includeReferences?: boolean | undefined;
  readonly includeSensitive?: boolean | undefined;
  readonly schemaTypes?: readonly SchemaType[] | undefined;
  readonly branch?: string | undefined;
  readonly remote?: string | undefined;
  readonly authorName?: string | undefined;
  readonly authorEmail?: string | undefined;
}
