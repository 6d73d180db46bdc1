/** Fills a registry with the versions of an NDJSON file such as the shared real schemas. */
import { join } from 'node:path';
import type { JsonObject } from '../../src/model/json.ts';
import type { Reference } from '../../src/model/schema-version.ts';
import { encodeSegment } from '../../src/registry/request-target.ts';
import type { RegistryClient } from '../../src/registry/types.ts';
import { readLines, realSchemasFolder } from './data.ts';

/** One registration. `observed` is what Confluent 8.3.1 said to those that it refused. */
export interface RegistryLine {
  readonly subject: string;
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly Reference[];
  readonly observed?: JsonObject;
}

/** The real schemas in the order to register them; undefined where the folder is absent. */
export function readRealSchemas(): readonly RegistryLine[] | undefined {
  const folder = realSchemasFolder();
  return folder === undefined ? undefined : readLines<RegistryLine>(join(folder, 'real-registry.ndjson'));
}

export interface LoadedRegistry {
  /** Lines the registry took, with what it answered. It may give equal content one version. */
  readonly accepted: readonly RegistryLine[];
  readonly refused: readonly { readonly line: RegistryLine; readonly status: number; readonly errorCode: number }[];
}

/**
 * Posts the lines in order, after setting the global level to NONE. `prefix` is put before every subject, so that
 * several tests can share a registry.
 */
export async function loadRegistry(
  client: RegistryClient,
  lines: readonly RegistryLine[],
  prefix = '',
): Promise<LoadedRegistry> {
  // Apicurio 2.6 answers 404 to the first NONE: it is in force already.
  await client.send('PUT', '/config', { body: { compatibility: 'NONE' }, allow: [404] });
  const accepted: RegistryLine[] = [];
  const refused: { line: RegistryLine; status: number; errorCode: number }[] = [];
  for (const line of lines) {
    const { schema, schemaType, references = [] } = line;
    const answer = await client.send('POST', `/subjects/${encodeSegment(prefix + line.subject)}/versions`, {
      body: {
        schema,
        ...(schemaType === undefined ? {} : { schemaType }),
        ...(references.length === 0
          ? {}
          : {
              references: references.map(({ name, subject, version }) => ({
                name,
                subject: prefix + subject,
                version,
              })),
            }),
      },
      allow: [400, 404, 409, 422, 500],
    });
    if (answer.ok) accepted.push(line);
    else refused.push({ line, status: answer.status, errorCode: answer.errorCode ?? answer.status });
  }
  return { accepted, refused };
}
