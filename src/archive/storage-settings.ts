/** Which storage, and how it is reached. */

export interface S3Settings {
  readonly backend: 's3';
  readonly bucket: string;
  /** Put before every key; slashes at its ends do not matter. */
  readonly prefix?: string | undefined;
  /** The standard chain's otherwise; `us-east-1` where an endpoint is given. */
  readonly region?: string | undefined;
  /** URL of another server than AWS. */
  readonly endpoint?: string | undefined;
  /** `endpoint/bucket/key` and not `bucket.endpoint/key`; most other servers than AWS need it. */
  readonly pathStyle?: boolean | undefined;
  /** Both keys, or the standard chain: environment, profile, container, instance. */
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
  /** Allow an endpoint without TLS. */
  readonly allowHttp?: boolean | undefined;
}

export type StorageSettings = { readonly backend: 'filesystem'; readonly path: string } | S3Settings;
