/** What the package says of its commands, without loading one: oclif.manifest.json and package.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RootHelp } from '../render/root-help.ts';

export interface ManifestFlag {
  readonly name: string;
  readonly char?: string;
  readonly type: 'boolean' | 'option';
  readonly allowNo?: boolean;
  readonly options?: readonly string[];
  readonly description?: string;
  readonly helpValue?: string | readonly string[];
  readonly hidden?: boolean;
}

export interface ManifestCommand {
  /** Words joined by colons: `topic:diff`. */
  readonly id: string;
  readonly summary?: string;
  readonly flags: Readonly<Record<string, ManifestFlag>>;
  readonly args: Readonly<Record<string, { readonly name: string; readonly options?: readonly string[] }>>;
  readonly hidden?: boolean;
}

export interface Manifest {
  readonly version: string;
  readonly commands: Readonly<Record<string, ManifestCommand>>;
}

interface PackageFile {
  readonly version: string;
  readonly description?: string;
  readonly oclif?: { readonly topics?: Readonly<Record<string, { readonly description?: string }>> };
}

/** undefined where there is none that fits, as in a checkout that was not built: oclif then looks at every command. */
export function readManifest(root: string): Manifest | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8'));
    if (typeof manifest !== 'object' || manifest === null || !('commands' in manifest)) return undefined;
    return manifest as Manifest;
  } catch {
    return undefined;
  }
}

export function rootHelpOf(root: string, { commands }: Manifest): RootHelp {
  const { description = '', oclif, version } = readPackage(root);
  const ids = Object.values(commands).filter(({ hidden }) => hidden !== true);
  const names = new Set(ids.flatMap(({ id }) => (id.includes(':') ? [id.slice(0, id.indexOf(':'))] : [])));
  return {
    description,
    version: userAgent(version),
    commands: ids
      .map(({ id, summary = '' }) => ({ id: id.replaceAll(':', ' '), summary }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    topics: [...names].sort().map((name) => ({ name, description: oclif?.topics?.[name]?.description ?? '' })),
  };
}

/** The line of `--version`, as oclif has it. */
export function versionLine(root: string): string {
  return userAgent(readPackage(root).version);
}

function userAgent(version: string): string {
  return `srgit/${version} ${process.platform}-${process.arch} node-${process.version}`;
}

function readPackage(root: string): PackageFile {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageFile;
}
