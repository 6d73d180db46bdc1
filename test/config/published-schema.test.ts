/** The schema that editors complete srgit.yaml by, and what the documentation shows of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/app/config/check-config.ts';
import { type ConfigForm, resolveSchema, type SettingSchema, schemaOf } from '../../src/config/config-form.ts';
import { temporaryFolder } from '../support/trees.ts';

const DOCS = join(import.meta.dirname, '../../docs');

describe('the schema', () => {
  it.each(['srgit', 'backup-tool', 'operator'] satisfies ConfigForm[])(
    'of %s says something about every key',
    (form) => {
      const root = schemaOf(form);
      const silent: string[] = [];
      const walk = (schema: SettingSchema, path: string): void => {
        for (const [key, inner] of Object.entries(schema.properties ?? {})) {
          const found = resolveSchema(inner, root);
          const text = found.description ?? found.notApplied ?? '';
          // A section of another tool that only holds others needs no words.
          if (text === '' && (form === 'srgit' || found.properties === undefined)) silent.push(`${path}${key}`);
          walk(found, `${path}${key}.`);
        }
        if (typeof schema.additionalProperties === 'object')
          walk(resolveSchema(schema.additionalProperties, root), `${path}*.`);
      };
      walk(root, '');
      expect(silent).toEqual([]);
    },
  );

  it('hides every setting that is a secret', () => {
    const root = schemaOf('srgit');
    const open: string[] = [];
    const walk = (schema: SettingSchema): void => {
      for (const [key, inner] of Object.entries(schema.properties ?? {})) {
        const found = resolveSchema(inner, root);
        if (/password|secret|token$|access_key/.test(key) && found.writeOnly !== true) open.push(key);
        walk(found);
      }
      if (typeof schema.additionalProperties === 'object') walk(resolveSchema(schema.additionalProperties, root));
    };
    walk(root);
    expect(open).toEqual([]);
  });
});

describe('docs/configuration.md', () => {
  it('shows files that are good but for what is not there', () => {
    const text = readFileSync(join(DOCS, 'configuration.md'), 'utf8');
    const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml);
    expect(blocks.length).toBeGreaterThan(2);
    const folder = temporaryFolder();
    const env = { SR_USERNAME: 'u', SR_PASSWORD: 'p', KAFKA_USER: 'u', KAFKA_PASSWORD: 'p' };
    for (const yaml of blocks) {
      writeFileSync(join(folder, 'srgit.yaml'), yaml);
      const { mistakes } = checkConfig(join(folder, 'srgit.yaml'), env, folder);
      expect(mistakes.filter(({ message }) => !message.endsWith('certs/ca.crt cannot be read: ENOENT'))).toEqual([]);
    }
  });
});
