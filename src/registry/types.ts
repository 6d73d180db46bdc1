/** What the parts of this room share: the client as its callers see it, and what a registry was found to be able to do. */
import type { JsonValue } from '../model/json.ts';
import type { RegistryKind } from '../model/registry-snapshot.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface CallOptions {
  readonly query?: Query;
  readonly signal?: AbortSignal | undefined;
  /**
   * Registry `error_code`s (or bare HTTP statuses such as 404) that are an answer, not a failure: 40408 "no config of
   * its own". The call then resolves with `ok: false` instead of throwing. Cheap: no error object is made.
   */
  readonly allow?: readonly number[];
}

export interface RegistryAnswer {
  readonly ok: boolean;
  /** HTTP status. */
  readonly status: number;
  /** The registry's `error_code` when `ok` is false; the status where the body has none. */
  readonly errorCode?: number;
  /** Parsed JSON body; undefined when the body is empty. */
  readonly body: JsonValue | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ClientStats {
  /** HTTP exchanges sent, retries included. */
  readonly requests: number;
  readonly retries: number;
  /** Times a request moved on to another node. */
  readonly failovers: number;
  /** 429 answers. */
  readonly throttled: number;
}

/** A registry over HTTP. Paths are relative to the base URL, begin with `/` and are already percent-encoded. */
export interface RegistryClient {
  get(path: string, options?: CallOptions): Promise<RegistryAnswer>;
  send(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    options?: CallOptions & { readonly body?: JsonValue; readonly idempotent?: boolean },
  ): Promise<RegistryAnswer>;
  /** Most requests in flight at once that the limiter allows at the moment. */
  readonly concurrency: number;
  readonly stats: ClientStats;
  close(): Promise<void>;
}

/** What a registry can do, as the probe saw it. */
export interface RegistryCapabilities {
  readonly kind: RegistryKind;
  /** As the server tells it; absent where it does not. */
  readonly version?: string;
  /**
   * `GET /schemas`: `complete` rows carry subject, version and id and honour `subjectPrefix=:*:` and `deleted`;
   * `none` means enumerating subject by subject.
   */
  readonly bulk: 'complete' | 'none';
  /** Whether `GET /schemas` honours offset and limit. */
  readonly bulkPaged: boolean;
  /** Whether rows carry a guid computed by Confluent's rule. */
  readonly guids: boolean;
  /** Whether `:.ctx:subject` is a context of its own rather than an odd name. */
  readonly contexts: boolean;
  /** The contexts as the probe saw them, where it did. */
  readonly contextNames?: readonly string[];
  /** Whether `deleted=true` listings show soft-deleted rows. */
  readonly deleted: boolean;
  /** `per-subject`: 40409 tells unset from set; `none`: no usable /mode. */
  readonly modes: 'per-subject' | 'none';
  /** `explicit`: 40408 tells unset from set; `filled`: the answer is always a level, set or not. */
  readonly subjectConfig: 'explicit' | 'filled';
}
