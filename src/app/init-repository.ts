/** `srgit init`: the files that a repository begins with. Nothing that is there is touched. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isSrgitError, SrgitError } from '../errors.ts';
import {
  type AuthKind,
  attributesLine,
  attributesTemplate,
  configTemplate,
  EXAMPLE_SUBJECT,
  exampleSchema,
  IGNORE_LINES,
  type InitSettings,
  ignoreTemplate,
  variablesOf,
  type WorkflowName,
  workflowFrom,
  workflowPath,
} from './init-templates.ts';

export interface InitOptions {
  /** Where srgit.yaml goes. */
  readonly folder: string;
  /** Name of the registry; default prod. */
  readonly registry?: string | undefined;
  /** Its nodes; without one srgit.yaml gets an address to be replaced. */
  readonly urls?: readonly string[] | undefined;
  readonly auth: AuthKind;
  readonly tree: string;
  readonly workflows: readonly WorkflowName[];
  readonly example: boolean;
  /** Folder of the package's workflows. */
  readonly templates: string;
  /** Of srgit: the JSON Schema of this release is named to editors. */
  readonly version: string;
}

export interface InitResult {
  readonly folder: string;
  /** Files that were written, relative to the folder. */
  readonly created: readonly string[];
  /** Files that were there and are as they were; `add` is what they lack for srgit. */
  readonly kept: readonly { readonly file: string; readonly add?: readonly string[] }[];
  /** Variables that srgit.yaml wants to be set. */
  readonly variables: readonly string[];
  /** What is still to be put into the files by hand. */
  readonly todo: readonly string[];
  readonly next: readonly string[];
}

export const DEFAULT_REGISTRY = 'prod';
const PLACEHOLDER_URL = 'https://registry.example.com:8081';

/** @throws SrgitError SRGIT_USAGE for a name, URL or folder that cannot be; SRGIT_TREE_WRITE */
export function initRepository(options: InitOptions): InitResult {
  const { folder, urls = [], auth, workflows } = options;
  const settings: InitSettings = {
    registry: checkRegistryName(options.registry ?? DEFAULT_REGISTRY),
    urls: urls.length === 0 ? [PLACEHOLDER_URL] : urls.map(checkUrl),
    auth,
    tree: checkTree(options.tree),
  };
  const files: (readonly [path: string, text: string, add?: readonly string[]])[] = [
    ['srgit.yaml', configTemplate(settings, options.version)],
    ['.gitattributes', attributesTemplate(settings.tree), [attributesLine(settings.tree)]],
    ['.gitignore', ignoreTemplate(), IGNORE_LINES],
    ...workflows.map(
      (name) => [workflowPath(name), workflowFrom(readTemplate(options.templates, name), settings)] as const,
    ),
  ];
  // In a tree that is there already an example would be one more thing to review.
  if (options.example && !existsSync(join(folder, settings.tree))) {
    files.push([join(settings.tree, 'subjects', EXAMPLE_SUBJECT, 'v1.avsc'), exampleSchema()]);
  }
  const created: string[] = [];
  const kept: { file: string; add?: readonly string[] }[] = [];
  const other = configFileIn(folder);
  for (const [file, text, add] of files) {
    if (file === 'srgit.yaml' && other !== undefined) kept.push({ file: other });
    else if (writeNew(join(folder, file), text)) created.push(file);
    else kept.push(lacking(folder, file, add));
  }
  return {
    folder,
    created,
    kept,
    variables: created.includes('srgit.yaml') ? variablesOf(auth) : [],
    todo: todoOf(created, settings, urls.length === 0),
    next: nextCommands(settings.registry, repositoryOf(folder) !== undefined),
  };
}

/** The configuration that commands in this folder take; `srgit.yml` counts, too. */
export function configFileIn(folder: string): string | undefined {
  return ['srgit.yaml', 'srgit.yml'].find((name) => existsSync(join(folder, name)));
}

/** The top of the repository that the folder is in; GitHub reads workflows there only. */
export function repositoryOf(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

function todoOf(created: readonly string[], { auth }: InitSettings, lacksUrl: boolean): string[] {
  const todo: string[] = [];
  if (created.includes('srgit.yaml')) {
    if (lacksUrl) todo.push(`put the URL of the registry into srgit.yaml, where ${PLACEHOLDER_URL} stands`);
    if (auth === 'mtls') todo.push('put the files of the client certificate into srgit.yaml (tls)');
    if (auth === 'oauth') todo.push('put the token_url of your identity provider into srgit.yaml');
  }
  if (created.some((file) => file.startsWith('.github/'))) {
    todo.push('put the commit of the release where the zeros are in .github/workflows');
    if (variablesOf(auth).length > 0) todo.push('give the repository the secrets that the workflows name');
  }
  return todo;
}

function nextCommands(registry: string, isRepository: boolean): string[] {
  const commit = 'git add . && git commit -m "Set up srgit"';
  return [
    isRepository ? commit : `git init && ${commit}`,
    `srgit export --registry ${registry} --commit`,
    `srgit verify --registry ${registry}`,
  ];
}

/** What a file that was left alone does not say. */
function lacking(folder: string, file: string, add: readonly string[] | undefined): { file: string; add?: string[] } {
  if (add === undefined) return { file };
  let lines: string[] = [];
  try {
    lines = readFileSync(join(folder, file), 'utf8')
      .split(/\r?\n/)
      .map((line) => line.trim());
  } catch {
    // A folder of that name, or one that may not be read: everything is said.
  }
  const missing = add.filter((line) => !lines.includes(line));
  return missing.length === 0 ? { file } : { file, add: missing };
}

/** @returns false when something of that name is there, whatever it is. */
function writeNew(path: string, text: string): boolean {
  let isMade = false;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '', { flag: 'wx' });
    isMade = true;
    writeFileSync(path, text);
    return true;
  } catch (cause) {
    if (hasCode(cause, 'EEXIST') && !isMade && existsSync(dirname(path))) return false;
    // Half a file would be taken for one that somebody wrote, and left alone by the next run.
    if (isMade) rmSync(path, { force: true });
    throw new SrgitError('SRGIT_TREE_WRITE', `cannot write ${path}: ${codeOf(cause)}`, {
      hint: 'Give it room and permission to write, and run the command again: what is there stays as it is.',
      details: { file: path },
      cause,
    });
  }
}

function readTemplate(folder: string, name: WorkflowName): string {
  const file = join(folder, `${name}.yml`);
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (isSrgitError(cause)) throw cause;
    throw new SrgitError('SRGIT_INTERNAL', `the package lacks its workflow ${name}: ${codeOf(cause)}`, {
      hint: 'Install srgit again, or leave workflows out with --no-workflows.',
      details: { file },
      cause,
    });
  }
}

function checkRegistryName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) return name;
  throw new SrgitError('SRGIT_USAGE', `${JSON.stringify(name)} cannot be the name of a registry in srgit.yaml`, {
    hint: 'Take letters, digits, dots, hyphens and underscores: for example prod.',
  });
}

/** @throws SrgitError SRGIT_USAGE without the URL where it has a password: srgit.yaml is committed. */
export function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new SrgitError('SRGIT_USAGE', `${JSON.stringify(text)} is not the URL of a registry`, {
      hint: 'Write it in full: https://registry.example.com:8081',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new SrgitError(
      'SRGIT_USAGE',
      `the URL of ${url.host} holds a user or a password, and srgit.yaml is committed`,
      {
        hint: 'Leave them out and choose --auth basic: srgit.yaml then names the variables SR_USERNAME and SR_PASSWORD.',
      },
    );
  }
  return text;
}

function checkTree(tree: string): string {
  const path =
    tree
      .replaceAll('\\', '/')
      .replace(/^(\.\/)+/, '')
      .replace(/\/+$/, '') || '.';
  const isInside = !path.startsWith('/') && !/^[A-Za-z]:/.test(path) && !path.split('/').includes('..');
  if (isInside && /^[\w./ -]+$/.test(path)) return path;
  throw new SrgitError('SRGIT_USAGE', `--tree ${tree} is not a folder below this one`, {
    hint: 'Give a path inside the repository: for example --tree schemas.',
  });
}

function hasCode(error: unknown, code: string): boolean {
  return codeOf(error) === code;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
