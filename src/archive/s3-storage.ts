/** A bucket of an S3-compatible object storage, or what is below a prefix of it. */
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { type ErrorCode, SrgitError, throwIfAborted } from '../errors.ts';
import { tooLarge } from './folder-storage.ts';
import { statusOf, storageError } from './s3-error.ts';
import type { Storage, StorageReadOptions, StoredObject } from './storage.ts';
import { checkKey, checkPrefix } from './storage-key.ts';
import type { S3Settings } from './storage-settings.ts';

/** Pieces given out, put together from what the socket has. */
const PIECE = 1 << 20;
/** Of a multipart upload: two are in memory, and a third is filled. 10,000 are allowed. */
const PART = 8 * 1024 * 1024;
/** How often a read goes on where it was cut without having come further. */
const MOST_CUTS = 6;
const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 60_000;

/** @throws SrgitError SRGIT_CONFIG_INVALID */
export function openS3Storage(settings: S3Settings): Storage {
  const { endpoint, region, accessKeyId, secretAccessKey, sessionToken } = settings;
  if (endpoint !== undefined) checkEndpoint(endpoint, settings.allowHttp === true);
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw invalid('an access key and its secret key go together', 'Set both, or neither and use the standard chain.');
  }
  const chosenRegion = region ?? (endpoint === undefined ? undefined : 'us-east-1');
  const client = new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(chosenRegion === undefined ? {} : { region: chosenRegion }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } }),
    forcePathStyle: settings.pathStyle ?? false,
    maxAttempts: 6,
    // Other servers than AWS do not all know the newer checksums; segments have their own.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: IDLE_TIMEOUT_MS },
  });
  return new S3Storage(client, settings.bucket, trimSlashes(settings.prefix ?? ''));
}

class S3Storage implements Storage {
  readonly location: string;
  private readonly client: S3Client;
  private readonly bucket: string;
  /** Empty, or with a slash at its end. */
  private readonly prefix: string;

  constructor(client: S3Client, bucket: string, prefix: string) {
    this.client = client;
    this.bucket = bucket;
    this.prefix = prefix === '' ? '' : `${prefix}/`;
    this.location = prefix === '' ? `s3://${bucket}` : `s3://${bucket}/${prefix}`;
    checkPrefix(prefix, `s3://${bucket}`);
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<StoredObject> {
    checkPrefix(prefix, this.location);
    for await (const { Contents = [] } of this.pages(prefix, undefined, signal)) {
      for (const { Key = '', Size = 0, ETag = '' } of Contents) {
        // A key that ends with a slash is what some tools make of a folder.
        if (!Key.endsWith('/')) yield { key: Key.slice(this.prefix.length), size: Size, tag: ETag };
      }
    }
  }

  async *listFolders(folder: string, signal?: AbortSignal): AsyncGenerator<string> {
    checkPrefix(folder, this.location);
    const prefix = folder === '' ? '' : `${folder}/`;
    for await (const { CommonPrefixes = [] } of this.pages(prefix, '/', signal)) {
      for (const { Prefix = '' } of CommonPrefixes) yield Prefix.slice(this.prefix.length + prefix.length, -1);
    }
  }

  async stat(key: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    throwIfAborted(signal);
    checkKey(key, this.location);
    try {
      const command = new HeadObjectCommand({ Bucket: this.bucket, Key: this.prefix + key });
      const { ContentLength = 0, ETag = '' } = await this.client.send(command, sending(signal));
      return { key, size: ContentLength, tag: ETag };
    } catch (error) {
      // A HEAD answer has no body: a bucket that is not there looks the same.
      if (statusOf(error) === 404) return undefined;
      throw this.failure('SRGIT_STORAGE_READ', 'look at', key, error, signal);
    }
  }

  async *read(key: string, options: StorageReadOptions = {}): AsyncGenerator<Buffer> {
    const { start = 0, end, signal } = options;
    throwIfAborted(signal);
    checkKey(key, this.location);
    if (end !== undefined && end <= start) return;
    let at = start;
    let tag: string | undefined;
    let stop: number | undefined;
    for (let cuts = 0; stop === undefined || at < stop; ) {
      let answer: GetObjectCommandOutput;
      try {
        answer = await this.get(key, at, end, tag, signal);
      } catch (error) {
        // Nothing from there on: an empty object has no byte 0 either.
        if (tag === undefined && statusOf(error) === 416) return;
        throw this.failure('SRGIT_STORAGE_READ', 'read', key, error, signal);
      }
      tag = answer.ETag;
      stop ??= at + (answer.ContentLength ?? 0);
      const before = at;
      try {
        for await (const piece of gather(answer.Body as Readable)) {
          at += piece.length;
          yield piece;
        }
        if (at >= stop) return;
        throw Object.assign(new Error('the answer ended too early'), { code: 'ECONNRESET' });
      } catch (error) {
        // The client has tried again by itself as long as there was no answer; not in the middle of one.
        cuts = at > before ? 1 : cuts + 1;
        if (cuts > MOST_CUTS || signal?.aborted) throw this.failure('SRGIT_STORAGE_READ', 'read', key, error, signal);
        await sleep(50 * 2 ** cuts, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
      }
    }
  }

  async readAll(key: string, limit: number, signal?: AbortSignal): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.read(key, { signal })) {
      size += chunk.length;
      if (size > limit) throw tooLarge(this.location, key, limit);
      chunks.push(chunk);
    }
    return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
  }

  async write(key: string, content: AsyncIterable<Buffer> | Buffer, signal?: AbortSignal): Promise<StoredObject> {
    throwIfAborted(signal);
    checkKey(key, this.location);
    const target = { Bucket: this.bucket, Key: this.prefix + key };
    try {
      if (Buffer.isBuffer(content)) {
        const { ETag = '' } = await this.client.send(
          new PutObjectCommand({ ...target, Body: content }),
          sending(signal),
        );
        return { key, size: content.length, tag: ETag };
      }
      return await this.upload(key, content, signal);
    } catch (error) {
      throw this.failure('SRGIT_STORAGE_WRITE', 'write', key, error, signal);
    }
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    checkKey(key, this.location);
    try {
      await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: this.prefix + key }), sending(signal));
    } catch (error) {
      throw this.failure('SRGIT_STORAGE_WRITE', 'delete', key, error, signal);
    }
  }

  async close(): Promise<void> {
    this.client.destroy();
  }

  /** In parts where it is long; the parts are removed when it does not end well. */
  private async upload(key: string, content: AsyncIterable<Buffer>, signal?: AbortSignal): Promise<StoredObject> {
    let size = 0;
    let failure: unknown;
    const counted = async function* (): AsyncGenerator<Buffer> {
      try {
        for await (const part of content) {
          throwIfAborted(signal);
          size += part.length;
          yield part;
        }
      } catch (error) {
        failure = error;
        throw error;
      }
    };
    const body = Readable.from(counted(), { objectMode: false, highWaterMark: 64 * 1024 });
    const upload = new Upload({
      client: this.client,
      params: { Bucket: this.bucket, Key: this.prefix + key, Body: body },
      partSize: PART,
      queueSize: 2,
      leavePartsOnError: false,
    });
    // By way of the body: the client then removes the parts there are, which it does not when it is told to stop.
    const stop = (): void => void body.destroy(new SrgitError('SRGIT_INTERRUPTED', 'interrupted'));
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const { ETag = '' } = await upload.done();
      return { key, size, tag: ETag };
    } catch (error) {
      if (failure === undefined || failure instanceof SrgitError) throw failure ?? error;
      const reason = failure instanceof Error ? failure.message : String(failure);
      throw new SrgitError('SRGIT_STORAGE_WRITE', `cannot write ${this.location}/${key}: ${reason}`, {
        cause: failure,
      });
    } finally {
      signal?.removeEventListener('abort', stop);
      body.destroy();
    }
  }

  private async *pages(
    prefix: string,
    delimiter: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ListObjectsV2CommandOutput> {
    let token: string | undefined;
    do {
      throwIfAborted(signal);
      let page: ListObjectsV2CommandOutput;
      try {
        const command = new ListObjectsV2Command({
          Bucket: this.bucket,
          Prefix: this.prefix + prefix,
          ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
          ...(token === undefined ? {} : { ContinuationToken: token }),
        });
        page = await this.client.send(command, sending(signal));
      } catch (error) {
        throw this.failure('SRGIT_STORAGE_READ', 'list', prefix, error, signal);
      }
      yield page;
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  private get(
    key: string,
    at: number,
    end: number | undefined,
    tag: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<GetObjectCommandOutput> {
    // An empty object has no range, not even from 0.
    const isWhole = at === 0 && end === undefined;
    const command = new GetObjectCommand({
      Bucket: this.bucket,
      Key: this.prefix + key,
      ...(isWhole ? {} : { Range: `bytes=${at}-${end === undefined ? '' : end - 1}` }),
      ...(tag === undefined ? {} : { IfMatch: tag }),
    });
    return this.client.send(command, sending(signal));
  }

  private failure(
    code: ErrorCode,
    doing: string,
    key: string,
    error: unknown,
    signal: AbortSignal | undefined,
  ): SrgitError {
    if (signal?.aborted) throwIfAborted(signal);
    return storageError(code, `${doing} ${this.location}/${key}`, key, error);
  }
}

function sending(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

async function* gather(body: Readable): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      held.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size < PIECE) continue;
      const piece = Buffer.concat(held, size);
      held = [];
      size = 0;
      yield piece;
    }
  } catch (error) {
    // What came before the cut is not asked for again.
    if (size > 0) yield Buffer.concat(held, size);
    throw error;
  }
  if (size > 0) yield Buffer.concat(held, size);
}

function checkEndpoint(endpoint: string, allowHttp: boolean): void {
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    throw invalid('the storage endpoint is no URL', 'Write it as https://host or https://host:port.');
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid('the storage endpoint holds credentials', 'Give them as access key and secret key.');
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && allowHttp)) return;
  throw invalid(
    `the storage endpoint ${url.origin} is not https`,
    'Use https, or allow http where the network is trusted.',
  );
}

function trimSlashes(prefix: string): string {
  return prefix.replace(/^\/+/, '').replace(/\/+$/, '');
}

function invalid(what: string, hint: string): SrgitError {
  return new SrgitError('SRGIT_CONFIG_INVALID', what, { hint });
}
