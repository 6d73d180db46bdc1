/** Short ways to write the requests of a feature. */
import { type Answered, type FeatureStep, idOf, members, whole } from './feature.ts';

type Path = FeatureStep['path'];
type Show = FeatureStep['show'];

const step = (method: string, path: Path, body?: unknown, show?: Show): FeatureStep => ({
  method,
  path,
  ...(body === undefined ? {} : { body }),
  ...(show === undefined ? {} : { show }),
});

export const get = (path: Path, show: Show = whole): FeatureStep => step('GET', path, undefined, show);
export const put = (path: Path, body: unknown, show?: Show): FeatureStep => step('PUT', path, body, show);
export const post = (path: Path, body: unknown, show?: Show): FeatureStep => step('POST', path, body, show);
export const remove = (path: Path, show: Show = whole): FeatureStep => step('DELETE', path, undefined, show);

export interface Sent {
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[];
  readonly metadata?: object;
  readonly id?: number;
  readonly version?: number;
}

const encoded = encodeURIComponent;

/** Registers; only the status counts, as servers tell more or less of the schema. */
export const register = (subject: string, sent: Sent, query = '', show?: Show): FeatureStep =>
  post(`/subjects/${encoded(subject)}/versions${query}`, sent, show);

export const lookUp = (subject: string, sent: Sent, query = ''): FeatureStep =>
  post(`/subjects/${encoded(subject)}${query}`, sent, members('subject', 'version'));

export const version = (subject: string, number: number | string, query = '', show?: Show): FeatureStep =>
  get(`/subjects/${encoded(subject)}/versions/${number}${query}`, show ?? members('subject', 'version'));

export const versions = (subject: string, query = ''): FeatureStep =>
  get(`/subjects/${encoded(subject)}/versions${query}`);

export const removeVersion = (subject: string, number: number | string, query = ''): FeatureStep =>
  remove(`/subjects/${encoded(subject)}/versions/${number}${query}`);

export const removeSubject = (subject: string, query = ''): FeatureStep =>
  remove(`/subjects/${encoded(subject)}${query}`);

export const config = (subject: string, body: object, show?: Show): FeatureStep =>
  put(`/config/${encoded(subject)}`, body, show);

export const mode = (subject: string, body: object, query = ''): FeatureStep =>
  put(`/mode/${encoded(subject)}${query}`, body, whole);

export const test = (subject: string, sent: Sent, at: number | string = 'latest', query = ''): FeatureStep =>
  post(`/compatibility/subjects/${encoded(subject)}/versions/${at}${query}`, sent, members('is_compatible'));

/** The path of a schema by the id of an earlier answer. */
export const byId =
  (at: number, rest = '') =>
  (answers: readonly Answered[]): string =>
    `/schemas/ids/${idOf(answers, at)}${rest}`;

export const avro = (name: string, ...fields: readonly object[]): Sent => ({
  schema: JSON.stringify({ type: 'record', name, fields: [{ name: 'id', type: 'string' }, ...fields] }),
});

export const json = (schema: object): Sent => ({ schemaType: 'JSON', schema: JSON.stringify(schema) });

export const proto = (text: string): Sent => ({ schemaType: 'PROTOBUF', schema: `syntax = "proto3";\n${text}` });
